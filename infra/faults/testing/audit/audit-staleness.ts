import type { PolicySample } from '../policy-watch.ts';
import { type Violation, violationOf } from './violation.ts';

/** An epoch, when it was committed, and from when on every gateway could know of it; both of `performance.now()`. */
export interface PublishedEpoch {
  readonly epoch: number;
  readonly atMs: number;
  /** After a partition: when it healed. */
  readonly reachableAtMs?: number;
}

/** By the poll, which needs no notification to arrive. */
const STALE_MAX_MS = 10_000;

/** How long after it could know of it each epoch was in force at the gateway, or a later one; milliseconds. */
export function stalenessOf(
  published: readonly PublishedEpoch[],
  samples: readonly PolicySample[],
): readonly { readonly epoch: number; readonly lateMs: number }[] {
  return published.map(({ epoch, atMs, reachableAtMs = atMs }) => {
    const applied = samples.find((sample) => sample.epoch >= epoch && sample.atMs >= atMs);
    return {
      epoch,
      lateMs: applied === undefined ? Number.POSITIVE_INFINITY : Math.max(0, applied.atMs - reachableAtMs),
    };
  });
}

/** I4, but for the share of a hundred, which one run is too short for: that is a figure. */
export function auditStaleness(
  published: readonly PublishedEpoch[],
  samples: readonly PolicySample[],
): readonly Violation[] {
  const late = stalenessOf(published, samples).filter(({ lateMs }) => lateMs > STALE_MAX_MS);
  return violationOf('I4', 'a policy came late to a connected gateway', late);
}
