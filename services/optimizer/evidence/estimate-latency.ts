import * as z from 'zod';
import type { EvidenceCell } from './evidence-cell.ts';

/** Chance that the interval's lower end lies above the truth, and the same of its upper end. */
const TAIL = 0.01;

const quantilesSchema = z.object({
  /** Sessions that one call each was drawn from. */
  sessions: z.number(),
  p50: z.number(),
  p95: z.number(),
  /** Ends of the 98 % interval of the p95; null where the sessions are too few for such an end. */
  p95Low: z.number().nullable(),
  p95High: z.number().nullable(),
});

/** In milliseconds. */
export const latencySchema = z.object({
  duration: quantilesSchema.nullable(),
  timeToFirstChunk: quantilesSchema.nullable(),
});

export type Latency = z.infer<typeof latencySchema>;
export type LatencyQuantiles = z.infer<typeof quantilesSchema>;

/** How long the calls of one model take in one turn shape, or in all when it is null. */
export function estimateLatency(
  cells: readonly EvidenceCell[],
  of: { turnShape: string | null; model: string },
): Latency {
  const sessions = cells
    .filter((cell) => cell.model === of.model && (of.turnShape === null || cell.turnShape === of.turnShape))
    .flatMap((cell) => cell.sessions);
  return {
    duration: quantilesOf(sessions.flatMap((session) => session.durationMs ?? [])),
    timeToFirstChunk: quantilesOf(sessions.flatMap((session) => session.timeToFirstChunkMs ?? [])),
  };
}

/**
 * Median and p95 of one call from each session: calls of one session are alike, and a long session must not speak for
 * all. The interval is that of order statistics: the number of sessions below the p95 is binomial whatever the
 * distribution, so that the ends are two of the values themselves.
 */
export function quantilesOf(values: readonly number[]): LatencyQuantiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((left, right) => left - right);
  const { below, above } = orderRanks(sorted.length, 0.95);
  return {
    sessions: sorted.length,
    p50: sorted[Math.ceil(0.5 * sorted.length) - 1] ?? 0,
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0,
    p95Low: below === null ? null : (sorted[below - 1] ?? null),
    p95High: above === null ? null : (sorted[above - 1] ?? null),
  };
}

/** Whether a model is slower than a limit beyond doubt: the lower end of its p95 lies above it. */
export function isSlower(latency: Latency, limitMs: number): boolean {
  const low = latency.duration?.p95Low ?? null;
  return low !== null && low > limitMs;
}

/**
 * Ranks (from 1) of the order statistics that a quantile lies between: with B binomial, the k-th is above the quantile
 * with chance P(B < k), and the k-th below it with chance P(B >= k).
 */
function orderRanks(count: number, share: number): { readonly below: number | null; readonly above: number | null } {
  let cumulative = 0;
  let below: number | null = null;
  let above: number | null = null;
  let logTerm = count * Math.log1p(-share);
  for (let k = 0; k < count; k += 1) {
    cumulative += Math.exp(logTerm);
    // P(B <= k) is the chance that the value of rank k + 1 lies above the quantile.
    if (cumulative <= TAIL) below = k + 1;
    if (above === null && cumulative >= 1 - TAIL) above = k + 1;
    logTerm += Math.log((count - k) / (k + 1)) + Math.log(share / (1 - share));
  }
  return { below, above };
}
