import type { SessionSums } from '#shared/database/report-store.ts';

/** An estimate with the interval that holds the truth in 95 of 100 reports. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A difference to the concurrent baseline, over the sessions that have one. */
export interface Difference {
  /** Mean per session, treated less baseline. */
  readonly perSession: Interval;
  /** Over all comparable sessions. */
  readonly total: Interval;
  readonly sessions: number;
}

/** What served, and what would have, in the same stratum at the same time. */
export interface Stratum {
  readonly treated: SessionSums;
  readonly baseline: SessionSums;
}

export type Measure = 'cost' | 'quality';

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959963984540054;
/** Below it the spread of a stratum is not known, and its sessions are not compared. */
const SESSIONS_MIN = 2;

export const NO_SESSIONS: SessionSums = {
  ...{ sessions: 0, costUsd: 0, costUsdSquared: 0, scored: 0, quality: 0, qualitySquared: 0, hardFailures: 0 },
};

export function addSums(left: SessionSums, right: SessionSums): SessionSums {
  return {
    sessions: left.sessions + right.sessions,
    costUsd: left.costUsd + right.costUsd,
    costUsdSquared: left.costUsdSquared + right.costUsdSquared,
    scored: left.scored + right.scored,
    quality: left.quality + right.quality,
    qualitySquared: left.qualitySquared + right.qualitySquared,
    hardFailures: left.hardFailures + right.hardFailures,
  };
}

/** The mean of a measure with its interval; null when there are too few sessions for a spread. */
export function meanOf(sums: SessionSums, measure: Measure): Interval | null {
  const { n, mean, variance } = momentsOf(sums, measure);
  return n < SESSIONS_MIN ? null : around(mean, Math.sqrt(variance / n));
}

/**
 * Treated less baseline, stratum by stratum, weighted by what was treated: the model of a session is drawn by a hash of
 * it, so that within a stratum both are samples of the same sessions. Strata without enough of either are left out.
 * Null when none is left.
 */
export function differenceOf(strata: readonly Stratum[], measure: Measure): Difference | null {
  let sessions = 0;
  let total = 0;
  let variance = 0;
  for (const { treated, baseline } of strata) {
    const own = momentsOf(treated, measure);
    const other = momentsOf(baseline, measure);
    if (own.n < SESSIONS_MIN || other.n < SESSIONS_MIN) continue;
    sessions += own.n;
    total += own.n * (own.mean - other.mean);
    variance += own.n ** 2 * (own.variance / own.n + other.variance / other.n);
  }
  if (sessions === 0) return null;
  const error = Math.sqrt(variance);
  return { perSession: around(total / sessions, error / sessions), total: around(total, error), sessions };
}

function momentsOf(sums: SessionSums, measure: Measure) {
  const [n, sum, squares] =
    measure === 'cost'
      ? [sums.sessions, sums.costUsd, sums.costUsdSquared]
      : [sums.scored, sums.quality, sums.qualitySquared];
  const mean = n === 0 ? 0 : sum / n;
  // Rounding may leave a hair under nothing where all values are alike.
  return { n, mean, variance: n < 2 ? 0 : Math.max(0, (squares - n * mean ** 2) / (n - 1)) };
}

function around(mean: number, error: number): Interval {
  return { mean, low: mean - Z * error, high: mean + Z * error };
}
