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
 * opposite. Both restart when they have lost everything that they had gained (a cumulative sum of e-values), so that a
 * thousand good sessions do not hide the bad ones that follow: at threshold A a false verdict comes on average no sooner
 * than after A sessions, whatever the distribution (Shin, Ramdas and Rinaldo 2024).
 */
export type BarEvidence = z.infer<typeof barEvidenceSchema>;

export function createBarEvidence(): BarEvidence {
  return { count: 0, above: BETS_ABOVE.map(() => 0), below: BETS_BELOW.map(() => 0) };
}

/** The evidence after one more session of quality 0 to 1; `bar` may move between sessions, which keeps it valid. */
export function updateBarEvidence(evidence: BarEvidence, quality: number, bar: number): BarEvidence {
  const mean = Math.min(1 - BAR_MARGIN, Math.max(BAR_MARGIN, bar));
  return {
    count: evidence.count + 1,
    above: restarted(evidence.above, BETS_ABOVE, (quality - mean) / mean),
    below: restarted(evidence.below, BETS_BELOW, (mean - quality) / (1 - mean)),
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

function restarted(wealths: readonly number[], bets: readonly number[], excess: number): number[] {
  const next = wealths.map((wealth, index) => wealth + Math.log1p((bets[index] ?? 0) * excess));
  return logMean(next) > 0 ? next : next.map(() => 0);
}

function logMean(logs: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const log of logs) if (log > largest) largest = log;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum / logs.length);
}
