import { readJudgedAt, readServedModels, recordJudgeSkip } from '#shared/database/judge-store.ts';
import { loadCall, type StoredCall } from '#shared/database/load-call.ts';
import { insertScores, readSessionScores, writeSessionScores } from '#shared/database/score-store.ts';
import { type OpenSession, readOpenSession, readSessionCalls } from '#shared/database/session-closing.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { JudgeJob } from '#shared/queue/jobs.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { finishSession } from './finish-session.ts';
import { judgeDepsOf } from './judge-deps.ts';
import { eligibleJudges, type JudgePanel } from './judge-panel.ts';
import { type JudgedKey, judgementScore } from './judgement-score.ts';
import { finishUnjudged, isOver, sessionJudgementKey } from './score-session.ts';
import { detectInjection } from './scorers/judge/detect-injection.ts';
import { type DepthJudgement, type JudgedSubject, judgeInDepth } from './scorers/judge/judge-in-depth.ts';
import { renderTranscript } from './scorers/judge/render-transcript.ts';
import type { Rubric } from './scorers/judge/rubric.ts';
import { codeCorrectness } from './scorers/judge/rubrics/code-correctness.ts';
import { RUBRICS } from './scorers/judge/rubrics/rubrics.ts';
import { toolUse } from './scorers/judge/rubrics/tool-use.ts';
import { writesCode } from './scorers/judge/writes-code.ts';

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
  const key = { ...subject, scorer: rubric.id, scorerVersion: rubric.version };
  if ((await readJudgedAt(deps.database, key)) !== null) return;
  const stored = await loadCall(deps.database, projectId, callId);
  const known = stored === null ? null : subjectOf(rubric, stored);
  if (stored === null || known === null) return;
  if (rubric === toolUse && writesCode(stored.response)) await askForCode(panel, job);

  const served = [stored.call.attempts.at(-1)?.model ?? stored.call.responseModel];
  const judgement = await ask(deps, panel, { ...known, deterministicFailure: false }, { stored, served, signal });
  const samplingProbability = job.samplingProbability ?? panel.callShare;
  if (judgement.type === 'budget_exhausted') {
    const skip = { projectId, callId, rubric: rubric.id, reason: judgement.type, samplingProbability };
    await recordJudgeSkip(deps.database, skip);
    return;
  }
  await insertScores(deps.database, [judgementScore({ ...key, samplingProbability }, rubric, judgement)]);
}

/** A call that writes code is judged for it as well, whenever its tool use is. */
async function askForCode(panel: JudgePanel, job: Omit<JudgeJob, 'v'>): Promise<void> {
  await panel.enqueue({ ...job, v: 1, rubric: codeCorrectness.id, rubricVersion: codeCorrectness.version });
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
  const known = stored === null ? null : subjectOf(rubric, stored);
  if (stored === null || known === null)
    return await finishUnjudged(deps, { projectId, sessionId }, 'content_not_captured', signal);

  const callIds = calls.map((call) => call.callId);
  const deterministicFailure = await hasFailed(deps, session, callIds);
  const others = await readServedModels(deps.database, projectId, callIds);
  const served = [...others, stored.call.attempts.at(-1)?.model ?? stored.call.responseModel];
  const judgement = await ask(deps, panel, { ...known, deterministicFailure }, { stored, served, signal });
  if (judgement.type === 'budget_exhausted') {
    return await finishUnjudged(deps, { projectId, sessionId }, 'budget_exhausted', signal);
  }
  const key: JudgedKey = { ...sessionJudgementKey(session), samplingProbability: 1 };
  await writeSessionScores(deps.database, [judgementScore(key, rubric, judgement)], judgedMoment(deps, session));
  await finishSession(deps, session, calls, signal);
}

/** Whether a deterministic scorer found a fault of the model that is no trifle. */
async function hasFailed(deps: EvaluatorDeps, session: OpenSession, callIds: readonly string[]): Promise<boolean> {
  const scores = await readSessionScores(deps.database, session.projectId, session.sessionId, callIds);
  return scores.some(
    ({ judge, outcome, owner, severity }) =>
      judge === null && outcome === 'fail' && owner === 'provider' && (severity === 'fatal' || severity === 'error'),
  );
}

/** Never before the last call by another machine's clock, or the verdict would count as one on an earlier state. */
function judgedMoment(deps: EvaluatorDeps, session: OpenSession): Date {
  return new Date(Math.max(deps.now(), session.lastCallAt.getTime()));
}

function subjectOf(rubric: Rubric, { call, request, response }: StoredCall) {
  if (request === null) return null;
  return {
    rubric,
    transcript: renderTranscript(request, response),
    injection: detectInjection(request, response),
    probability: null,
    isCanary: call.variant === 'canary',
    inputTokens: call.inputTokensEstimate,
  };
}

async function ask(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  subject: JudgedSubject,
  about: { readonly stored: StoredCall; readonly served: readonly (string | null)[]; readonly signal: AbortSignal },
): Promise<Exclude<DepthJudgement, { type: 'unavailable' }>> {
  const llms = eligibleJudges(panel.judges, about.served).map((judge) => judge.llm);
  const judgement = await judgeInDepth(await judgeDepsOf(deps, panel, about.stored.call), llms, subject, about.signal);
  const result = judgement.type === 'judged' && judgement.cached ? 'cached' : judgement.type;
  deps.metrics.judgements.inc({ rubric: subject.rubric.id, result });
  if (judgement.type !== 'unavailable') return judgement;
  throw new TrimtabError('upstream_unreachable', `no judge can be reached: ${judgement.message}`);
}
