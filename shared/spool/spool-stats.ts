import type { FrameRing } from './frame-ring.ts';
import type { SpoolStats } from './spool.ts';
import { readGauges } from './spool-gauges.ts';
import type { SpoolInlet } from './spool-inlet.ts';

/** What the thread that serves calls can say of its spool. */
export function spoolStatsOf(
  ring: FrameRing,
  inlet: SpoolInlet,
  now: { readonly nowMs: number; readonly bytesMax: number },
): SpoolStats {
  const { durableAtMs, ...gauges } = readGauges(ring);
  return {
    ...gauges,
    bufferedRecords: ring.recordsWaiting,
    dropped: gauges.dropped + inlet.droppedInMemory,
    bytesMax: now.bytesMax,
    sinceDurableMs: durableAtMs === 0 ? null : now.nowMs - durableAtMs,
  };
}
