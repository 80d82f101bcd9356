import { readSessionScores, type StoredQualityScore } from '#shared/database/score-store.ts';
import { closeSession, type OpenSession, type SessionCall } from '#shared/database/session-closing.ts';
import { isSampled, sampledQuality, sessionQuality } from '#shared/domain/session-quality.ts';
import { NOTHING_KNOWN, trustScores } from './calibration/trust-scores.ts';
import { judgesBehind } from './calibration/trusted-scores.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { scoreSessionParts } from './score-session-parts.ts';

/** Ends of a call that count as hard failures when the upstream is the cause; a client's bad request is not one. */
const HARD_ERROR_TYPES: ReadonlySet<string> = new Set(['api_error', 'overloaded_error', 'timeout_error']);

/**
 * Works out the quality of a session from all its scores and closes it.
 *
 * @returns false when a call came in meanwhile, or another closing was first
 * @throws the signal's reason when it aborts
 */
export async function finishSession(
  deps: EvaluatorDeps,
  session: OpenSession,
  calls: readonly SessionCall[],
  signal?: AbortSignal,
): Promise<boolean> {
  const { projectId, sessionId, lastCallId } = session;
  const callIds = calls.map((call) => call.callId);
  const scores = await readSessionScores(deps.database, projectId, sessionId, callIds);
  const parts = await scoreSessionParts(deps, session, calls, scores, signal);
  const counted = [...withoutParts(scores), ...parts];
  const { scores: trusted, judges } =
    deps.judgeTrust === undefined
      ? { scores: counted, judges: judgesBehind(counted, NOTHING_KNOWN, EVERY_JUDGE) }
      : await trustScores(deps.database, session, counted, deps.judgeTrust);
  const quality = sessionQuality(trusted, deps.sessions.moreMetrics);
  const sampled = sampledQuality(trusted, deps.sessions.moreMetrics);
  const closed = await closeSession(deps.database, {
    projectId,
    sessionId,
    lastCallId,
    quality,
    sampled: sampled !== null && isSampled(sampled) ? sampled : null,
    qualityByRule: sessionQuality(
      counted.filter((score) => score.judge === null),
      deps.sessions.moreMetrics,
    ),
    judgedBy: judges,
    hardFailure: calls.some(endedHard) || scores.some(isFatalOfProvider),
    closedAt: new Date(deps.now()),
  });
  if (closed) deps.metrics.sessionsClosed.inc({ quality: quality === null ? 'unknown' : 'known' });
  return closed;
}

/** Where nobody says how far judges are believed, every one of them counts. */
const EVERY_JUDGE = { always: new Set<string>(), isAutomatic: false };

/** A session that went on has a row of its last closing, which this one has replaced. */
function withoutParts(scores: readonly StoredQualityScore[]): readonly StoredQualityScore[] {
  return scores.filter((score) => score.subjectType === 'call' || score.metric !== 'efficiency');
}

function endedHard(call: SessionCall): boolean {
  if (call.status === 'incomplete' || call.stopReason === 'refusal') return true;
  return call.status === 'upstream_error' && (call.errorType === null || HARD_ERROR_TYPES.has(call.errorType));
}

function isFatalOfProvider(score: StoredQualityScore): boolean {
  return score.outcome === 'fail' && score.severity === 'fatal' && score.owner === 'provider';
}
