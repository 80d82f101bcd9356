/**
 * Wait before the next try, in milliseconds: doubled after each failure, with the upper half of it random, so that many
 * processes cut off by one outage do not return in one wave.
 *
 * @param failures failures before this one
 */
export function exponentialBackoff(
  failures: number,
  limits: { readonly minMs: number; readonly maxMs: number },
  random: () => number,
): number {
  const full = Math.min(limits.maxMs, limits.minMs * 2 ** Math.min(failures, 30));
  return full / 2 + (full / 2) * random();
}
