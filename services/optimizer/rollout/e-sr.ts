import * as z from 'zod';

const BETS = [0.1, 0.3, 0.6, 0.9] as const;
/** Keeps the statistic a finite number in JSON; an alarm has gone off long before. */
const STATISTIC_MAX = 1e300;
/** A baseline of 1 would leave no room for any loss at all, and one bad session in a million would be infinite news. */
const LOSS_BOUND_MIN = 0.01;

export const eSrSchema = z.object({
  lossBound: z.number().gt(0).lt(1),
  count: z.int().nonnegative(),
  statistics: z.array(z.number().nonnegative()).length(BETS.length),
});

/**
 * e-Shiryaev-Roberts detector of a mean quality that has fallen (Shin, Ramdas and Rinaldo 2024). While losses average
 * at most `lossBound`, the statistic less the number of sessions is a supermartingale, so that false alarms at
 * threshold A come on average at least A sessions apart, and within N sessions with chance at most N / A.
 */
export type ESr = z.infer<typeof eSrSchema>;

/** @param baseline the quality that must be held, from 0 to 1: the incumbent's lower bound less the tolerance */
export function createESr(baseline: number): ESr {
  const lossBound = Math.min(1 - LOSS_BOUND_MIN, Math.max(LOSS_BOUND_MIN, 1 - baseline));
  return { lossBound, count: 0, statistics: BETS.map(() => 0) };
}

/**
 * The detector after one more session of quality 0 to 1.
 *
 * @param weight scales the bets on this session, from 0 (not heard) to 1; it may depend on anything known before its score
 */
export function updateESr(detector: ESr, quality: number, weight = 1): ESr {
  if (!(quality >= 0 && quality <= 1)) throw new RangeError(`quality must be inside [0, 1], got ${quality}`);
  if (!(weight >= 0 && weight <= 1)) throw new RangeError(`weight must be inside [0, 1], got ${weight}`);
  const excess = (weight * (1 - quality - detector.lossBound)) / detector.lossBound;
  return {
    lossBound: detector.lossBound,
    count: detector.count + 1,
    statistics: detector.statistics.map((statistic, index) =>
      Math.min(STATISTIC_MAX, (1 + statistic) * (1 + (BETS[index] ?? 0) * excess)),
    ),
  };
}

/** The mean over the bets: what is compared with the threshold. */
export function eSrStatistic(detector: ESr): number {
  return detector.statistics.reduce((sum, statistic) => sum + statistic, 0) / detector.statistics.length;
}

/**
 * Threshold A that keeps the expected false alarms of a month, over all watched cells together, within the budget: a
 * cell of N sessions has at most N / A of them expected (Shin, Ramdas and Rinaldo 2024, on the average run length), so that
 * it takes the sum over the cells and not their number.
 *
 * @param sessionsPerMonth sessions of a month, all cells together
 */
export function alarmThreshold(sessionsPerMonth: number, falseAlarmsPerMonth: number): number {
  return Math.max(1, Math.max(1, sessionsPerMonth) / falseAlarmsPerMonth);
}
