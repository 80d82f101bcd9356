import { readDrifts } from '#shared/database/anchor-store.ts';
import { readCalibrations, readInputTokens } from '#shared/database/calibration-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { StoredQualityScore } from '#shared/database/score-store.ts';
import { type JudgeTrust, trustedScores } from './trusted-scores.ts';

/** Reads what is known of the judges of a session's scores, and leaves the scores that may drive the optimizer. */
export async function trustScores(
  database: Database,
  session: { readonly projectId: string; readonly lastCallId: string },
  scores: readonly StoredQualityScore[],
  trust: JudgeTrust,
): Promise<readonly StoredQualityScore[]> {
  const judged = scores.filter((score) => score.judge !== null && !trust.always.has(score.judge.model));
  if (judged.length === 0) return scores;
  const { projectId, lastCallId } = session;
  const known = {
    calibrations: await readCalibrations(database, projectId),
    drifts: await readDrifts(database, projectId),
  };
  const callIds = [...new Set([lastCallId, ...judged.map(({ callId }) => callId)])];
  const tokens = await readInputTokens(database, projectId, callIds);
  return trustedScores(scores, known, trust, ({ subjectType, callId }) => {
    return tokens.get(subjectType === 'session' ? lastCallId : callId) ?? 0;
  });
}
