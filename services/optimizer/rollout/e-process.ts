import * as z from 'zod';

/**
 * Shares of their wealth that the mixture's eight bettors put on "the mean is above the null". All are below 1, so no
 * bettor can go broke; a mixture needs no estimate of the variance and keeps no history beside the eight wealths
 * (Waudby-Smith and Ramdas 2023, section 4; universal portfolios of Cover 1991).
 */
export const BETS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 0.95] as const;

/**
 * What the bettors start with, one in all: the more the bolder they bet. The mean of a session's calls varies so little
 * that the best bet on a drop of five points or more is nearly all; equal parts would make such a drop take an eighth
 * longer to find, and only drops of two points in sessions that are plainly good or bad are found later for it.
 */
const LOG_START = logShares(BETS.map((bet) => bet + 0.1));

/** exp() of more than this is no longer a finite double, and JSON has no infinity. */
const LOG_E_VALUE_MAX = 700;

export const eProcessSchema = z.object({
  nullMean: z.number().gt(0).lt(1),
  count: z.int().nonnegative(),
  logWealth: z.array(z.number()).length(BETS.length),
});

/**
 * Evidence against "the conditional mean of each value given the past is at most `nullMean`", for values in [0, 1].
 * Under that null the wealth is a nonnegative supermartingale that starts at 1, so by Ville's inequality (1939) it ever
 * reaches 1/alpha with probability at most alpha, however often one looks (Waudby-Smith and Ramdas 2023).
 * `logWealth` is what each bettor has made of a start of one.
 */
export type EProcess = z.infer<typeof eProcessSchema>;

/** @param nullMean largest mean under the null, strictly between 0 and 1 */
export function createEProcess(nullMean: number): EProcess {
  if (!(nullMean > 0 && nullMean < 1)) throw new RangeError(`nullMean must be inside (0, 1), got ${nullMean}`);
  return { nullMean, count: 0, logWealth: BETS.map(() => 0) };
}

/**
 * The process after one more value in [0, 1]; each bettor's wealth is multiplied by 1 + (bet / m)(value - m).
 *
 * @param weight scales the bets on this value, from 0 (not heard) to 1; it may depend on anything known before the value
 */
export function updateEProcess(process: EProcess, value: number, weight = 1): EProcess {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`value must be inside [0, 1], got ${value}`);
  if (!(weight >= 0 && weight <= 1)) throw new RangeError(`weight must be inside [0, 1], got ${weight}`);
  const excess = (weight * (value - process.nullMean)) / process.nullMean;
  return {
    nullMean: process.nullMean,
    count: process.count + 1,
    logWealth: process.logWealth.map((wealth, index) => wealth + Math.log1p((BETS[index] ?? 0) * excess)),
  };
}

/** Natural logarithm of the e-value: what all bettors have together. */
export function logEValue(process: Pick<EProcess, 'logWealth'>): number {
  return logSumExp(process.logWealth.map((wealth, index) => wealth + (LOG_START[index] ?? Number.NEGATIVE_INFINITY)));
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

function logShares(parts: readonly number[]): number[] {
  const whole = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => Math.log(part / whole));
}
