import * as z from 'zod';

/**
 * Shares of the wealth that the mixture's eight bettors put on "the mean is above the null". All are below 1, so no
 * bettor can go broke; a mixture needs no estimate of the variance and keeps no history beside the eight wealths.
 */
export const BETS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 0.95] as const;

/** exp() of more than this is no longer a finite double, and JSON has no infinity. */
const LOG_E_VALUE_MAX = 700;

export const eProcessSchema = z.object({
  nullMean: z.number().gt(0).lt(1),
  count: z.int().nonnegative(),
  logWealth: z.array(z.number()).length(BETS.length),
});

/**
 * Evidence against "the conditional mean of each value given the past is at most `nullMean`", for values in [0, 1].
 * Under that null the wealth is a nonnegative supermartingale that starts at 1, so by Ville's inequality it ever
 * reaches 1/alpha with probability at most alpha, however often one looks (Waudby-Smith and Ramdas 2023).
 */
export type EProcess = z.infer<typeof eProcessSchema>;

/** @param nullMean largest mean under the null, strictly between 0 and 1 */
export function createEProcess(nullMean: number): EProcess {
  if (!(nullMean > 0 && nullMean < 1)) throw new RangeError(`nullMean must be inside (0, 1), got ${nullMean}`);
  return { nullMean, count: 0, logWealth: BETS.map(() => 0) };
}

/** The process after one more value in [0, 1]; each bettor's wealth is multiplied by 1 + (bet / m)(value - m). */
export function updateEProcess(process: EProcess, value: number): EProcess {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`value must be inside [0, 1], got ${value}`);
  const excess = (value - process.nullMean) / process.nullMean;
  return {
    nullMean: process.nullMean,
    count: process.count + 1,
    logWealth: process.logWealth.map((wealth, index) => wealth + Math.log1p((BETS[index] ?? 0) * excess)),
  };
}

/** Natural logarithm of the e-value: the mean wealth of the bettors. */
export function logEValue(process: EProcess): number {
  return logSumExp(process.logWealth) - Math.log(process.logWealth.length);
}

/** log(sum(exp(x))) without overflow; minus infinity for an empty list. */
export function logSumExp(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum);
}

/** The e-value of its logarithm, as a number that JSON can carry. */
export function eValueOf(logValue: number): number {
  return Math.exp(Math.min(logValue, LOG_E_VALUE_MAX));
}
