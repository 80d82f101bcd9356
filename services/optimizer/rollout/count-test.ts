import { gammaln } from 'simple-statistics';

/** With arms of equal size, a failure falls into either with this chance when the canary is harmless. */
const EQUAL_SHARE = 0.5;

/**
 * Log e-value against "a failure falls into the suspected arm with chance at most `share`", after `suspected` failures
 * there and `other` elsewhere: the likelihood ratio averaged over a uniform prior on the chances above `share`
 * (a truncated beta-binomial mixture: the method of mixtures, Robbins 1970; for the events of canaries, Lindon and Malek
 * 2022). Valid at any number of looks, and it needs only the two counts.
 *
 * The prior stops at `share` because a two-sided one would also reject when the suspected arm fails *less*.
 */
export function logCountEValue(suspected: number, other: number, share = EQUAL_SHARE): number {
  const total = suspected + other;
  const logBeta = gammaln(suspected + 1) + gammaln(other + 1) - gammaln(total + 2);
  const logAboveShare = logBinomialTail(total + 1, suspected, share);
  const logNull = suspected * Math.log(share) + other * Math.log(1 - share);
  return logBeta + logAboveShare - Math.log(1 - share) - logNull;
}

/** log P(Binomial(trials, chance) <= successes), term by term in logarithms. */
function logBinomialTail(trials: number, successes: number, chance: number): number {
  const logOdds = Math.log(chance) - Math.log(1 - chance);
  let term = trials * Math.log(1 - chance);
  let sum = term;
  for (let k = 1; k <= successes; k += 1) {
    term += Math.log(trials - k + 1) - Math.log(k) + logOdds;
    sum = Math.max(sum, term) + Math.log1p(Math.exp(-Math.abs(sum - term)));
  }
  return Math.min(sum, 0);
}
