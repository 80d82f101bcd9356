import {
  readEvaluation,
  readJudgedAt,
  recordJudgeSkip,
  reserveJudgeBudget,
  settleJudgeBudget,
  writeEvaluation,
} from '#shared/database/judge-store.ts';
import { loadCall, type StoredCall } from '#shared/database/load-call.ts';
import { insertScores, writeSessionScore } from '#shared/database/score-store.ts';
import { type OpenSession, readOpenSession, readSessionCalls } from '#shared/database/session-closing.ts';
import type { Score } from '#shared/domain/score.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { JudgeJob } from '#shared/queue/jobs.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { finishSession } from './finish-session.ts';
import { type JudgePanel, judgeName, orderJudges } from './judge-panel.ts';
import { finishUnjudged, isOver, sessionJudgementKey } from './score-session.ts';
import { type AskJudgesDeps, askJudges, type Judgement } from './scorers/judge/ask-judges.ts';
import { decideVerdict } from './scorers/judge/decide-verdict.ts';
import { judgePromptHash } from './scorers/judge/judge-prompt.ts';
import { type RenderedTranscript, renderTranscript } from './scorers/judge/render-transcript.ts';
import type { Rubric } from './scorers/judge/rubric.ts';
import { RUBRICS } from './scorers/judge/rubrics/rubrics.ts';

type ScoreKey = Pick<
  Score,
  'projectId' | 'callId' | 'subjectType' | 'subjectId' | 'scorer' | 'scorerVersion' | 'pass' | 'sample'
>;

/**
 * Has one call or session judged and stores the verdict. A judge that cannot be reached is asked again later; one that
 * gives no usable answer leaves a `judge_error`, which is neither a pass nor a zero.
 *
 * @throws TrimtabError `upstream_unreachable`, to be retried
 */
export async function judgeSubject(deps: EvaluatorDeps, job: Omit<JudgeJob, 'v'>, signal: AbortSignal): Promise<void> {
  const rubric = RUBRICS[job.rubric];
  // A job of another version asks for what nobody would read.
  if (deps.panel === null || rubric === undefined || rubric.version !== job.rubricVersion) return;
  if (job.subjectType === 'call') await judgeCall(deps, deps.panel, rubric, job, signal);
  else await judgeSession(deps, deps.panel, rubric, job, signal);
}

async function judgeCall(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  rubric: Rubric,
  job: Omit<JudgeJob, 'v'>,
  signal: AbortSignal,
): Promise<void> {
  const { projectId, subjectId: callId, sample } = job;
  const subject = { projectId, callId, subjectType: 'call', subjectId: callId, pass: 'call', sample } as const;
  const key: ScoreKey = { ...subject, scorer: rubric.id, scorerVersion: rubric.version };
  if ((await readJudgedAt(deps.database, key)) !== null) return;
  const stored = await loadCall(deps.database, projectId, callId);
  const transcript = stored === null ? null : transcriptOf(stored);
  if (stored === null || transcript === null) return;
  const judgement = await ask(deps, panel, rubric, transcript, stored, signal);
  const samplingProbability = panel.callShare;
  if (judgement.type === 'budget_exhausted') {
    const skip = { projectId, callId, rubric: rubric.id, reason: judgement.type, samplingProbability };
    await recordJudgeSkip(deps.database, skip);
    return;
  }
  await insertScores(deps.database, [scoreOf({ ...key, samplingProbability }, rubric, judgement, transcript)]);
}

async function judgeSession(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  rubric: Rubric,
  job: Omit<JudgeJob, 'v'>,
  signal: AbortSignal,
): Promise<void> {
  const { projectId, subjectId: sessionId } = job;
  const session = await readOpenSession(deps.database, projectId, sessionId);
  // A session that goes on is judged when it is over.
  if (session === null || !isOver(deps, session)) return;
  const calls = await readSessionCalls(deps.database, projectId, sessionId);
  // Sub-agents have conversations of their own; the last call of the main one holds the whole of it.
  const last = calls.findLast((call) => call.agentId === null) ?? calls.at(-1);
  const stored = last === undefined ? null : await loadCall(deps.database, projectId, last.callId);
  const transcript = stored === null ? null : transcriptOf(stored);
  if (stored === null || transcript === null)
    return await finishUnjudged(deps, { projectId, sessionId }, 'content_not_captured');

  const judgement = await ask(deps, panel, rubric, transcript, stored, signal);
  if (judgement.type === 'budget_exhausted') {
    return await finishUnjudged(deps, { projectId, sessionId }, 'budget_exhausted');
  }
  const key = { ...sessionJudgementKey(session), samplingProbability: 1 };
  await writeSessionScore(deps.database, scoreOf(key, rubric, judgement, transcript), judgedMoment(deps, session));
  await finishSession(deps, session, calls);
}

/** Never before the last call by another machine's clock, or the verdict would count as one on an earlier state. */
function judgedMoment(deps: EvaluatorDeps, session: OpenSession): Date {
  return new Date(Math.max(deps.now(), session.lastCallAt.getTime()));
}

function transcriptOf(stored: StoredCall): RenderedTranscript | null {
  return stored.request === null ? null : renderTranscript(stored.request, stored.response);
}

async function ask(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  rubric: Rubric,
  transcript: RenderedTranscript,
  stored: StoredCall,
  signal: AbortSignal,
): Promise<Exclude<Judgement, { type: 'unavailable' }>> {
  const judges = orderJudges(panel.judges, stored.call.attempts.at(-1)?.model ?? stored.call.responseModel);
  const llms = judges.map((judge) => judge.llm);
  const judgement = await askJudges(askDeps(deps, panel, stored.call), llms, rubric, transcript, signal);
  const result = judgement.type === 'judged' && judgement.cached ? 'cached' : judgement.type;
  deps.metrics.judgements.inc({ rubric: rubric.id, result });
  if (judgement.type !== 'unavailable') return judgement;
  throw new TrimtabError('upstream_unreachable', `no judge can be reached: ${judgement.message}`);
}

function askDeps(deps: EvaluatorDeps, panel: JudgePanel, call: StoredCall['call']): AskJudgesDeps {
  const { database } = deps;
  const { projectId, callId } = call;
  const day = new Date(deps.now()).toISOString().slice(0, 10);
  const at = (llm: Llm) => ({ projectId, day, judge: judgeName(llm) });
  const budgetOf = (llm: Llm) => panel.judges.find((judge) => judge.llm === llm)?.dailyBudgetUsd ?? 0;
  return {
    nonce: deps.nonce,
    cache: {
      read: (key) => readEvaluation(database, projectId, key),
      write: (key, value) => writeEvaluation(database, projectId, key, value, callId),
    },
    budget: {
      reserve: (llm, usd) => reserveJudgeBudget(database, at(llm), usd, budgetOf(llm)),
      settle: (llm, settlement) => settleJudgeBudget(database, at(llm), settlement),
    },
  };
}

function scoreOf(
  key: ScoreKey & Pick<Score, 'samplingProbability'>,
  rubric: Rubric,
  judgement: Extract<Judgement, { type: 'judged' | 'judge_error' }>,
  transcript: RenderedTranscript,
): Score {
  const common = {
    ...key,
    metric: rubric.metric,
    owner: null,
    severity: null,
    confidence: null,
    judge: { model: judgement.model, promptHash: judgePromptHash(rubric) },
    costUsd: judgement.costUsd,
  };
  if (judgement.type === 'judged') return { ...common, ...decideVerdict(rubric, judgement.verdict, transcript) };
  const explanation = `the judge gave no usable answer: ${judgement.problem}`.slice(0, 500);
  return { ...common, status: 'judge_error', outcome: 'unknown', value: null, evidence: [], explanation };
}
