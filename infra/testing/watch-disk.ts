import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What one small durable write takes on this machine now, seen beside the load: others use its disk and its cores. */
export interface DiskWatch {
  /** The slowest write under way at any time between two moments of `performance.now()`, milliseconds. */
  slowestMs(fromMs: number, toMs: number): number;
  stop(): Promise<void>;
}

interface Write {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

const INTERVAL_MS = 25;
const BYTES = Buffer.alloc(512);

/** Writes and syncs a small file in `folder`, again and again. */
export async function watchDisk(folder: string): Promise<DiskWatch> {
  const file = await open(join(folder, 'watched'), 'a');
  const writes: Write[] = [];
  const stopping = new AbortController();
  const watching = keepWriting(file, writes, stopping.signal);
  return {
    slowestMs(fromMs, toMs) {
      const during = writes.filter((write) => write.endedAtMs >= fromMs && write.startedAtMs <= toMs);
      return Math.max(0, ...during.map((write) => write.endedAtMs - write.startedAtMs));
    },
    async stop() {
      stopping.abort();
      await watching;
      await file.close();
    },
  };
}

/** A write counts from when it was due, so that a process that gets no core counts as a slow disk does. */
async function keepWriting(file: FileHandle, writes: Write[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedAtMs = performance.now() + INTERVAL_MS;
    await delay(INTERVAL_MS, undefined, { signal }).catch(() => {});
    await file.write(BYTES);
    await file.datasync();
    writes.push({ startedAtMs, endedAtMs: performance.now() });
  }
}
