import * as z from 'zod';

/** Shares of the wealth staked on "above": high, since proving a high mean needs the boldest bets that cannot go broke. */
const BETS_ABOVE = [0.35, 0.65, 0.95] as const;
const BETS_BELOW = [0.1, 0.3, 0.6, 0.9] as const;
/** A bar at either end would leave one side without any room for evidence. */
const BAR_MARGIN = 0.02;

export const barEvidenceSchema = z.object({
  count: z.int().nonnegative(),
  above: z.array(z.number()).length(BETS_ABOVE.length),
  below: z.array(z.number()).length(BETS_BELOW.length),
});

/**
 * Evidence that a mean quality lies above a bar, and that it lies below, each as log wealths of bettors against the
 * opposite. Those who bet on "below" begin anew when they have lost all that they had gained (a cumulative sum of
 * e-values), so that a thousand good sessions do not hide the bad ones that follow: at threshold A a false finding comes
 * on average no sooner than after A sessions, whatever the distribution (Shin, Ramdas and Rinaldo 2024).
 */
export type BarEvidence = z.infer<typeof barEvidenceSchema>;

export function createBarEvidence(): BarEvidence {
  return { count: 0, above: BETS_ABOVE.map(() => 0), below: BETS_BELOW.map(() => 0) };
}

/** What is asked: whether the mean is above the one bar, and whether it is below the other. Often both are the same. */
export interface Bars {
  readonly above: number;
  readonly below: number;
  /**
   * Whether those who bet on "above" begin anew when they have lost what they had gained. With it they find a model that
   * changes; without it they prove, at any number of looks, with a chance of error that does not grow with time.
   */
  readonly restarts: boolean;
}

/** The evidence after one more session of quality 0 to 1; bars may move between sessions, which keeps it valid. */
export function updateBarEvidence(evidence: BarEvidence, quality: number, bars: Bars): BarEvidence {
  const above = inside(bars.above);
  const below = inside(bars.below);
  return {
    count: evidence.count + 1,
    above: stepped(evidence.above, BETS_ABOVE, (quality - above) / above, bars.restarts),
    below: stepped(evidence.below, BETS_BELOW, (below - quality) / (1 - below), true),
  };
}

/** Log of the mean wealth of those who bet on "above the bar". */
export function logAbove(evidence: BarEvidence): number {
  return logMean(evidence.above);
}

/** Log of the mean wealth of those who bet on "below the bar". */
export function logBelow(evidence: BarEvidence): number {
  return logMean(evidence.below);
}

function inside(bar: number): number {
  return Math.min(1 - BAR_MARGIN, Math.max(BAR_MARGIN, bar));
}

function stepped(wealths: readonly number[], bets: readonly number[], excess: number, restarts: boolean): number[] {
  const next = wealths.map((wealth, index) => wealth + Math.log1p((bets[index] ?? 0) * excess));
  return !restarts || logMean(next) > 0 ? next : next.map(() => 0);
}

function logMean(logs: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const log of logs) if (log > largest) largest = log;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum / logs.length);
}
