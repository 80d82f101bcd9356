import type { ClientCall } from './load.ts';
import type { DiskWatch } from './watch-disk.ts';

/**
 * A call answered this long before a kill is on the disk, on a machine that does nothing else. On any other the disk
 * adds two syncs, the one under way and the record's own, and the gateway is as slow to write as it was to answer.
 */
const DURABLE_AFTER_MS = 100;
const SYNCS_WAITED_FOR = 2;

/**
 * Whether a call was answered so shortly before a gateway was killed that it need not be durable. An answer may also be
 * on its way when the gateway dies: its client then reads it after the kill.
 *
 * @param killedAtMs when gateways were killed, on the clock of `performance.now()`
 */
export function isInKillWindow(call: ClientCall, killedAtMs: readonly number[], disk: DiskWatch): boolean {
  const { startedAtMs, endedAtMs } = call;
  return killedAtMs.some((atMs) => {
    const slowness = endedAtMs - startedAtMs + SYNCS_WAITED_FOR * disk.slowestMs(endedAtMs, atMs);
    return startedAtMs <= atMs && atMs - endedAtMs <= DURABLE_AFTER_MS + slowness;
  });
}
