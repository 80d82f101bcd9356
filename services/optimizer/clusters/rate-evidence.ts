/** Calls that could have failed this way, and sessions that did for the first time. */
export interface RateHour {
  readonly calls: number;
  readonly failures: number;
}

/** Rates that an alternative supposes, as multiples of the highest one that is no news. */
const MULTIPLES = [2, 4, 8] as const;

/**
 * Evidence that failures come at a higher rate than `rate` per call: the likelihood of several higher rates against it,
 * averaged. While the rate is `rate` or less its expectation is at most 1, so that it passes 20 by chance once in 20 times
 * at the most, however often it is looked at. Sessions are counted and not calls, because calls of one session fail
 * together.
 */
export function rateEvidence(counts: RateHour, rate: number, multiples: readonly number[] = MULTIPLES): number {
  const expected = rate * Math.max(counts.calls, counts.failures);
  const sum = multiples.reduce(
    (total, multiple) => total + Math.exp(counts.failures * Math.log(multiple) - (multiple - 1) * expected),
    0,
  );
  return sum / multiples.length;
}

/**
 * The same for a rise that may have begun at any of the hours: the mean over all beginnings, each with the hours since.
 * Hours are given oldest first.
 */
export function riseEvidence(hours: readonly RateHour[], rate: number): number {
  if (hours.length === 0) return 0;
  let [calls, failures, total] = [0, 0, 0];
  for (const hour of hours.toReversed()) {
    calls += hour.calls;
    failures += hour.failures;
    total += rateEvidence({ calls, failures }, rate);
  }
  return total / hours.length;
}

/** Standard errors by which an estimated rate is raised before anything is held to be above it. */
const SURE = 2;

/** A rate that is hardly exceeded by chance, out of what was counted; null without a call. */
export function cautiousRate({ calls, failures }: RateHour): number | null {
  if (calls === 0) return null;
  return (failures + SURE * Math.sqrt(failures) + SURE) / calls;
}
