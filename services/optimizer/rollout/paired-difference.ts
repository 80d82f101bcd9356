import { type ConfidenceSequence, confidenceSequence } from './confidence-sequence.ts';

/**
 * Always-valid band for the difference of mean quality, canary less control, from pairs in their order of analysis;
 * from -1 to 1. Pairs with a missing label say nothing about the difference and must be left out.
 */
export function pairedDifference(
  pairs: readonly { readonly canaryQuality: number; readonly controlQuality: number }[],
  alpha: number,
): ConfidenceSequence {
  const scaled = pairs.map((pair) => (pair.canaryQuality - pair.controlQuality + 1) / 2);
  const band = confidenceSequence(scaled, alpha);
  return {
    count: band.count,
    mean: band.mean === null ? null : 2 * band.mean - 1,
    lower: 2 * band.lower - 1,
    upper: 2 * band.upper - 1,
  };
}
