import { readDrifts } from '#shared/database/anchor-store.ts';
import { readCalibrations, readInputTokens } from '#shared/database/calibration-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { StoredQualityScore } from '#shared/database/score-store.ts';
import { type JudgeTrust, judgesBehind, type KnownJudges, trustedScores } from './trusted-scores.ts';

export const NOTHING_KNOWN: KnownJudges = { calibrations: [], drifts: [] };

export interface TrustedScores {
  /** Those that may drive the optimizer. */
  readonly scores: readonly StoredQualityScore[];
  /** Keys of the judges behind them, those that drift included. */
  readonly judges: readonly string[];
}

/** Reads what is known of the judges of a session's scores, and leaves the scores that may drive the optimizer. */
export async function trustScores(
  database: Database,
  session: { readonly projectId: string; readonly lastCallId: string },
  scores: readonly StoredQualityScore[],
  trust: JudgeTrust,
): Promise<TrustedScores> {
  const judged = scores.filter((score) => score.judge !== null && !trust.always.has(score.judge.model));
  if (judged.length === 0) return { scores, judges: judgesBehind(scores, NOTHING_KNOWN, trust) };
  const { projectId, lastCallId } = session;
  const known = {
    calibrations: await readCalibrations(database, projectId),
    drifts: await readDrifts(database, projectId),
  };
  const callIds = [...new Set([lastCallId, ...judged.map(({ callId }) => callId)])];
  const tokens = await readInputTokens(database, projectId, callIds);
  const tokensOf = ({ subjectType, callId }: StoredQualityScore) =>
    tokens.get(subjectType === 'session' ? lastCallId : callId) ?? 0;
  return { scores: trustedScores(scores, known, trust, tokensOf), judges: judgesBehind(scores, known, trust) };
}
