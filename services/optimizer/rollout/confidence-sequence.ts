import { BETS, logEValue } from './e-process.ts';

/** Bounds are exact to this; qualities are shown in whole points. */
const RESOLUTION = 1e-4;

export interface ConfidenceSequence {
  readonly count: number;
  readonly mean: number | null;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Always-valid band for the mean of values in [0, 1], by inverting the betting e-process: it covers the mean at all
 * times at once with probability at least 1 - alpha, so it may be drawn and read after every session (Waudby-Smith and
 * Ramdas 2023, section 4.4; the name is of Darling and Robbins 1967).
 */
export function confidenceSequence(values: readonly number[], alpha: number): ConfidenceSequence {
  return {
    count: values.length,
    mean: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
    lower: lowerConfidenceBound(values, alpha / 2),
    upper: upperConfidenceBound(values, alpha / 2),
  };
}

/** One-sided: the largest mean that the values disprove at level alpha; 0 when they disprove none. */
export function lowerConfidenceBound(values: readonly number[], alpha: number): number {
  const disproves = (mean: number) => logEValueAgainst(values, mean) >= -Math.log(alpha);
  if (!disproves(RESOLUTION)) return 0;
  // The e-value falls as the null mean rises, so that the disproved means are all those below one point.
  let disproved = RESOLUTION;
  let possible = 1 - RESOLUTION;
  if (disproves(possible)) return possible;
  while (possible - disproved > RESOLUTION) {
    const middle = (disproved + possible) / 2;
    if (disproves(middle)) disproved = middle;
    else possible = middle;
  }
  return disproved;
}

/** One-sided: the smallest mean that the values disprove from above at level alpha. */
export function upperConfidenceBound(values: readonly number[], alpha: number): number {
  const losses = values.map((value) => 1 - value);
  return 1 - lowerConfidenceBound(losses, alpha);
}

/** Log e-value of the values against "the mean is at most `nullMean`": the e-process, run over all of them at once. */
export function logEValueAgainst(values: readonly number[], nullMean: number): number {
  const logWealth = BETS.map((bet) => {
    let wealth = 0;
    for (const value of values) wealth += Math.log1p((bet * (value - nullMean)) / nullMean);
    return wealth;
  });
  return logEValue({ logWealth });
}
