import * as z from 'zod';

/** Sessions that a recent mean looks back on: what a model did long ago says little of one that is changed under us. */
export const RECENT_SESSIONS = 100;

export const recentMeanSchema = z.object({
  count: z.number().nonnegative(),
  sum: z.number().nonnegative(),
  squares: z.number().nonnegative(),
});

/** A mean in which each session weighs less with every one after it; `count` is its effective number of sessions. */
export type RecentMean = z.infer<typeof recentMeanSchema>;

export const NO_SESSIONS: RecentMean = { count: 0, sum: 0, squares: 0 };

export function updateRecentMean(mean: RecentMean, value: number, sessions = RECENT_SESSIONS): RecentMean {
  const keep = 1 - 1 / sessions;
  return {
    count: mean.count * keep + 1,
    sum: mean.sum * keep + value,
    squares: mean.squares * keep + value ** 2,
  };
}

/** The mean, pulled towards `prior` as if that had been seen in `strength` sessions. */
export function shrunkRecentMean(mean: RecentMean, prior: number, strength: number): number {
  return (mean.sum + strength * prior) / (mean.count + strength);
}

/** Standard error of the mean; never less than that of values that hardly vary, since a few may be alike by chance. */
export function recentError(mean: RecentMean): number {
  if (mean.count < 1) return 1;
  const variance = mean.squares / mean.count - (mean.sum / mean.count) ** 2;
  return Math.sqrt(Math.max(VARIANCE_MIN, variance) / mean.count);
}

const VARIANCE_MIN = 0.01;
