import { lowerConfidenceBound, upperConfidenceBound } from '../rollout/confidence-sequence.ts';
import { BETS } from '../rollout/e-process.ts';
import { sessionMean } from './shrinkage.ts';

/** Older sessions say little about a model that its provider changes under us, and every one costs time each night. */
export const SESSIONS_PER_CELL_MAX = 2_000;
/** With fewer sessions than this their own spread is no guide to how many more a proof will take. */
const SESSIONS_FOR_FORECAST = 10;

export interface QualityQuestion {
  /** Session qualities of the cell, oldest first. */
  readonly qualities: readonly number[];
  /** The quality to be proven: the bar less the tolerance, inside (0, 1). */
  readonly required: number;
  readonly alpha: number;
}

export interface QualityEstimate {
  readonly sessions: number;
  readonly mean: number | null;
  readonly lower: number;
  readonly upper: number;
  /** Further sessions that a proof takes at the quality seen so far; null when it would never come. */
  readonly sessionsNeeded: number | null;
}

/** What is known of a model's quality in one cell of the routing table. */
export function estimateQuality(question: QualityQuestion): QualityEstimate {
  const qualities = question.qualities.slice(-SESSIONS_PER_CELL_MAX);
  const own = sessionMean(qualities);
  const lower = lowerConfidenceBound(qualities, question.alpha);
  const upper = upperConfidenceBound(qualities, question.alpha);
  return {
    sessions: own.count,
    mean: own.count === 0 ? null : own.mean,
    lower,
    upper,
    sessionsNeeded: sessionsNeeded(qualities, question),
  };
}

/**
 * Sessions until the e-process is expected to reach 1 / alpha: (ln(1 / alpha) + ln(bettors)) over the growth of the best
 * bettor on what has been seen; before enough has been seen, on good or bad sessions half way between bar and perfect.
 */
function sessionsNeeded(qualities: readonly number[], question: QualityQuestion): number | null {
  const { required, alpha } = question;
  const hoped = (1 + required) / 2;
  const growths = BETS.map((bet) =>
    qualities.length < SESSIONS_FOR_FORECAST
      ? hoped * logFactor(bet, 1, required) + (1 - hoped) * logFactor(bet, 0, required)
      : qualities.reduce((sum, quality) => sum + logFactor(bet, quality, required), 0) / qualities.length,
  );
  const growth = Math.max(...growths);
  if (growth <= 0) return null;
  const total = Math.ceil((Math.log(1 / alpha) + Math.log(BETS.length)) / growth);
  return Math.max(1, total - qualities.length);
}

function logFactor(bet: number, quality: number, nullMean: number): number {
  return Math.log1p((bet * (quality - nullMean)) / nullMean);
}
