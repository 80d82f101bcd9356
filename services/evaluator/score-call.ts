import type { ClientRetry } from '#shared/database/find-client-retries.ts';
import { recordJudgeSkip } from '#shared/database/judge-store.ts';
import type { StoredCall } from '#shared/database/load-call.ts';
import { isCallErased } from '#shared/database/purge/erasure.ts';
import type { Score } from '#shared/domain/score.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ScoreJob } from '#shared/queue/jobs.ts';
import { contentToScore } from './content-to-score.ts';
import { runCustomScorers } from './custom-scorers/run-custom-scorers.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import type { JudgePanel } from './judge-panel.ts';
import { mineClientRetry } from './outcomes/mine-client-retry.ts';
import { watchServedModel } from './outcomes/watch-served-model.ts';
import { planToolUseJudgement } from './plan-tool-use-judgement.ts';
import { type ContentScores, scoreContent, toScoreRows, toScoringRun } from './score-content.ts';
import { toolUse } from './scorers/judge/rubrics/tool-use.ts';
import type { ScorerPass } from './scorers/scorer.ts';
import { createScoringSubject, type ScoringSubject } from './scorers/scoring-subject.ts';
import { scoringStoreOf } from './scoring-store.ts';
import { countChecks } from './triage/derive-checks.ts';
import { triageOf, triageRow, triageSubject } from './triage/triage-call.ts';

/** What the calls behind a call say of it. */
export interface AfterCall {
  /** The call that continues it; null when none does. */
  readonly nextCallId: string | null;
  readonly retry: ClientRetry | null;
}

/**
 * Scores one pass of one call: load, score by rule, store, and ask for a judge where one is worth it. Delivered twice it
 * leaves the same rows as delivered once.
 *
 * @param after where the asker knows the whole session; searched for when absent
 * @throws TrimtabError `not_found`, final, for a call that is not stored
 */
export async function scoreCall(deps: EvaluatorDeps, job: Omit<ScoreJob, 'v'>, after?: AfterCall): Promise<void> {
  const { projectId, callId, pass } = job;
  const store = scoringStoreOf(deps.database);
  const nextCall = after === undefined ? {} : { nextCallId: after.nextCallId };
  const { stored, next } = await store.load({ projectId, callId, withNext: pass === 'outcome', ...nextCall });
  if (stored === null) {
    if (await isCallErased(deps.database, projectId, callId)) return;
    throw new TrimtabError('not_found', `call ${callId} is not stored`);
  }
  // A replay is an experiment of ours; counted as traffic it would steer what it is meant to measure.
  if (stored.call.source === 'replay') return;

  const subject = createScoringSubject(await contentToScore(deps, stored), next);
  const scores = scoreContent(pass, subject, translationOf(stored));

  const key = { projectId, callId, pass };
  // A tool may still be running when its session is called idle: what follows it then comes late, and counts.
  const final = pass === 'call' || next !== null;
  const triage = await triageCall(deps, key, subject, scores);
  const retry = pass === 'call' ? null : after === undefined ? await store.findRetry(key) : after.retry;
  const rows = [
    ...toScoreRows(key, scores),
    ...(triage === null ? [] : [triage.row]),
    ...mineClientRetry(key, subject, retry),
  ];
  const recorded = await store.record({ run: toScoringRun(key, scores, final), scores: rows });
  if (pass === 'call') await watchServedModel(deps, stored);
  if (recorded === 'first') deps.metrics.callsScored.inc({ pass });
  if (recorded !== 'known') countFailures(deps, scores);
  if (pass === 'call' && deps.panel !== null)
    await askForJudge(deps, deps.panel, { callId, projectId, subject, scores, triage });
  // Last, because what others wrote may take its time.
  await runCustomScorers(deps, { stored, next, pass, final });
}

function translationOf(stored: StoredCall) {
  const { upstreamFormat, losses } = stored.call;
  return { upstreamFormat, losses, hasResponse: stored.response !== null };
}

/** The chance of success as a row of its own; null without triage, or where nothing was captured. */
async function triageCall(
  { triage }: EvaluatorDeps,
  key: { readonly projectId: string; readonly callId: string; readonly pass: ScorerPass },
  subject: ScoringSubject,
  { scored }: ContentScores,
): Promise<{ readonly probability: number; readonly row: Score } | null> {
  const triaged = triage === undefined ? null : triageSubject(key.pass, subject, countChecks(scored));
  if (triage === undefined || triaged === null) return null;
  const model = await triage.model(key.projectId);
  const probability = triageOf(model, triaged);
  return { probability, row: triageRow({ ...key, subjectType: 'call', subjectId: key.callId }, model, probability) };
}

interface ScoredCallFacts {
  readonly projectId: string;
  readonly callId: string;
  readonly subject: ScoringSubject;
  readonly scores: ContentScores;
  readonly triage: { readonly probability: number } | null;
}

/** Every call is judged or carries the reason why it is not, and with what probability it was chosen. */
async function askForJudge(deps: EvaluatorDeps, panel: JudgePanel, call: ScoredCallFacts): Promise<void> {
  const { projectId, callId, subject, scores, triage } = call;
  const pressure = (await deps.triage?.pressure(projectId)) ?? 0;
  const means = { callShare: panel.callShare, triage: () => triage, pressure };
  const plan = planToolUseJudgement(callId, subject, scores, means);
  const { samplingProbability } = plan;
  if (plan.judge) {
    const rubric = { rubric: toolUse.id, rubricVersion: toolUse.version, sample: 0 };
    await panel.enqueue({ v: 1, projectId, subjectType: 'call', subjectId: callId, ...rubric, samplingProbability });
    return;
  }
  const { reason } = plan;
  await recordJudgeSkip(deps.database, { projectId, callId, rubric: toolUse.id, reason, samplingProbability });
}

function countFailures(deps: EvaluatorDeps, scores: ContentScores): void {
  for (const { scorer, result } of scores.scored) {
    if (result.outcome !== 'fail') continue;
    deps.metrics.failuresFound.inc({ scorer: scorer.id, owner: result.owner ?? scorer.owner });
  }
}
