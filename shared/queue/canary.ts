import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobQueue } from './job-queue.ts';
import type { JobWorker, WorkerOptions } from './job-worker.ts';
import type { CanaryJob } from './jobs.ts';
import { canaryJobId } from './names.ts';
import type { JobProcessor } from './store-processor.ts';

/** How often the store is asked whether another process took the probe. */
const STATE_POLL_MS = 200;
const CANARY_CONCURRENCY = 4;

export type ProbeResult =
  | { readonly consumed: true; readonly by: 'this_process' | 'another_process'; readonly durationMs: number }
  | { readonly consumed: false; readonly reason: string };

/** Proof that jobs flow: a job goes through the store and a worker, within a time limit. */
export interface Canary {
  /**
   * Sends one job and waits for its consumption, at most `limitMs` milliseconds; never rejects. The queue is shared, so
   * another process may take the job; that this process has a connected worker is a condition in every case. Probes
   * asked for at the same time share one job.
   */
  probe(limitMs: number): Promise<ProbeResult>;
  close(deadlineMs: number): Promise<void>;
}

export function createCanary(deps: {
  readonly queue: JobQueue<CanaryJob>;
  readonly openWorker: (processor: JobProcessor<CanaryJob>, options: WorkerOptions) => JobWorker;
  readonly now: () => number;
}): Canary {
  const waiting = new Map<string, () => void>();
  const { queue } = deps;
  const worker = deps.openWorker(
    async (job) => {
      waiting.get(job.data.probeId)?.();
    },
    { concurrency: CANARY_CONCURRENCY },
  );
  let inFlight: Promise<ProbeResult> | null = null;

  async function probeOnce(limitMs: number): Promise<ProbeResult> {
    const startedAt = deps.now();
    const probeId = randomUUID();
    const over = new AbortController();
    const here = { consumed: false };
    const consumedHere = new Promise<'this_process'>((resolve) => {
      waiting.set(probeId, () => {
        here.consumed = true;
        resolve('this_process');
      });
    });
    try {
      const by = await Promise.race([
        consumedHere,
        sendAndFollow(probeId, here, over.signal),
        sleep(limitMs, 'late' as const, { signal: over.signal }),
      ]);
      if (by === 'late') return await giveUp(probeId, `no worker consumed the probe in ${limitMs} ms`);
      if (!worker.isConsuming()) return { consumed: false, reason: 'the worker of this process is not connected' };
      return { consumed: true, by, durationMs: deps.now() - startedAt };
    } catch (error) {
      return { consumed: false, reason: error instanceof Error ? error.message : String(error) };
    } finally {
      over.abort();
      waiting.delete(probeId);
    }
  }

  /** Adds the probe and asks the store for it until it is gone: then some worker, somewhere, has consumed it. */
  async function sendAndFollow(probeId: string, here: { consumed: boolean }, over: AbortSignal) {
    const id = canaryJobId(probeId);
    await queue.add({ id, data: { v: 1, probeId } });
    while ((await queue.stateOf(id)) !== null) await sleep(STATE_POLL_MS, undefined, { signal: over });
    return here.consumed ? ('this_process' as const) : ('another_process' as const);
  }

  /** Takes the probe back, so that a queue without workers does not fill with probes. Its failure changes nothing. */
  async function giveUp(probeId: string, reason: string): Promise<ProbeResult> {
    queue.remove(canaryJobId(probeId)).catch(() => false);
    return { consumed: false, reason };
  }

  return {
    probe(limitMs) {
      inFlight ??= probeOnce(limitMs).finally(() => {
        inFlight = null;
      });
      return inFlight;
    },
    async close(deadlineMs) {
      await worker.close(deadlineMs);
      await queue.close();
    },
  };
}
