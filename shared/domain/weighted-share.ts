/** Sums over sessions, from which a share and its interval are worked out; `w` are weights and `v` weights times values. */
export interface ShareSums {
  readonly sessions: number;
  readonly w: number;
  readonly v: number;
  /** Of the sessions' own sums, squared and multiplied. */
  readonly ww: number;
  readonly vv: number;
  readonly vw: number;
}

/** A weighted mean of values in [0, 1] with its interval of 95 %. */
export interface WeightedShare {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Independent observations that would be worth as much. */
  readonly effectiveN: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959963984540054;

/**
 * Wilson's interval (1927) at an effective number of observations. Calls of one session are alike, so sessions are the
 * units: the variance is that of a ratio estimator over their sums, with inverse-probability weights in it, and the
 * effective number is what a simple random sample of that variance would have. Where every value is the same there is no
 * variance to see, and the sessions count, less what unequal weights take (Kish, 1965).
 *
 * @returns null without an observation
 */
export function weightedShare(sums: ShareSums): WeightedShare | null {
  const { sessions, w, v, ww, vv, vw } = sums;
  if (sessions === 0 || w <= 0) return null;
  const value = Math.min(1, Math.max(0, v / w));
  const units = (w * w) / ww;
  const effectiveN = Math.max(
    1,
    effective(value, units, { sessions, spread: vv - 2 * value * vw + value * value * ww, w }),
  );
  return { value, ...wilson(value, effectiveN), effectiveN };
}

function effective(
  value: number,
  units: number,
  { sessions, spread, w }: { readonly sessions: number; readonly spread: number; readonly w: number },
): number {
  if (sessions < 2) return 1;
  const variance = ((sessions / (sessions - 1)) * Math.max(0, spread)) / (w * w);
  const simple = value * (1 - value);
  // All alike, up to rounding: nothing is known of the variance.
  if (simple <= 1e-12 || variance <= 1e-12 * simple) return units;
  return simple / variance;
}

function wilson(share: number, n: number): { readonly low: number; readonly high: number } {
  const scale = 1 + Z ** 2 / n;
  const centre = (share + Z ** 2 / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
