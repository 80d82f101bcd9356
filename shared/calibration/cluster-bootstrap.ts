import { quantile } from 'simple-statistics';

export interface BootstrapOptions {
  readonly resamples: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface BootstrapInterval {
  readonly low: number;
  readonly high: number;
}

const TAIL = 0.025;

/**
 * Percentile interval of 95 % of a statistic, drawing whole clusters with replacement: calls of one session and trials
 * of one task are not independent. Resamples on which the statistic is not defined are left out; null when all are.
 *
 * @param clusterOf key of the cluster of each row
 * @param statistic of drawn rows; paired statistics draw pairs, because rows are what is drawn
 */
export function clusterBootstrap<Row>(
  rows: readonly Row[],
  clusterOf: (row: Row) => string,
  statistic: (rows: readonly Row[]) => number | null,
  { resamples, random }: BootstrapOptions,
): BootstrapInterval | null {
  const clusters = [...Map.groupBy(rows, clusterOf).values()];
  const drawn: number[] = [];
  for (let resample = 0; resample < resamples; resample += 1) {
    const sample = clusters.flatMap(() => clusters[Math.floor(random() * clusters.length)] ?? []);
    const value = statistic(sample);
    if (value !== null && Number.isFinite(value)) drawn.push(value);
  }
  if (drawn.length === 0) return null;
  return { low: quantile(drawn, TAIL), high: quantile(drawn, 1 - TAIL) };
}
