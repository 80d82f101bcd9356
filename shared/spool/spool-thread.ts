import { mkdirSync } from 'node:fs';
import { setTimeout as delayFor } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Log } from '#shared/log.ts';
import { lockDirectory, type ReleaseLock } from './directory-lock.ts';
import { exponentialBackoff } from './exponential-backoff.ts';
import { FrameRing } from './frame-ring.ts';
import { offeredCallOf } from './offered-call.ts';
import type { SpoolSource, SpoolStats } from './spool.ts';
import { SpoolInlet } from './spool-inlet.ts';
import {
  BUSY_LOOK_MS,
  RING_BYTES_MAX,
  RING_RECORDS_MAX,
  SPOOL_BYTES_MAX,
  THREAD_BACKOFF_MAX_MS,
  THREAD_BACKOFF_MIN_MS,
  THREAD_CLOSE_DEADLINE_MS,
} from './spool-limits.ts';
import { spoolStatsOf } from './spool-stats.ts';
import { replySchema, type SpoolThreadData, type SpoolThreadRequest } from './spool-thread-messages.ts';

/**
 * What is parsed of a batch dies with it, and two are in hand; with much less room they would be moved about before.
 * V8 allows a thread limits of its own, but goes by its command line first, which is meant for the thread that serves.
 * It reads the first three when a thread begins, and never again. The last holds for both threads and from now on: a heap
 * is searched when it has twice of what was in use. By itself V8 waits for up to four times that while there is little
 * to do, and most of it is garbage.
 */
const HEAP_FLAGS = [
  '--min-semi-space-size=8',
  '--max-semi-space-size=8',
  '--initial-old-space-size=48',
  '--heap-growing-percent=100',
];

export interface SpoolThreadDeps {
  readonly directory: string;
  readonly gatewayId: string;
  readonly projectId: string;
  /** The program of the thread: it calls `serveSpoolThread`. */
  readonly entry: URL;
  /** What that program needs beside, to be cloned. */
  readonly settings: unknown;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly clock: () => number;
}

export interface SpoolThreadOptions {
  readonly spoolBytesMax?: number;
  readonly ringBytesMax?: number;
}

/** The request path's end of a spool whose files, and whose drainer, another thread has. */
export interface SpoolThread extends SpoolSource {
  /** Makes durable what was given, with a deadline, and ends the thread. */
  close(): Promise<void>;
  /** Ends the thread as a fault would; another one takes over. For tests. */
  killThread(): Promise<void>;
}

/** Resolves when the thread has the spool open. Throws `conflict`, and what the disk or the thread's program throws. */
export async function startSpoolThread(deps: SpoolThreadDeps, options: SpoolThreadOptions = {}): Promise<SpoolThread> {
  mkdirSync(deps.directory, { recursive: true, mode: 0o700 });
  const release = lockDirectory(deps.directory);
  const thread = new RunningSpoolThread(deps, options, release);
  try {
    await thread.start();
    return thread;
  } catch (error) {
    release();
    throw error;
  }
}

class RunningSpoolThread implements SpoolThread {
  readonly #deps: SpoolThreadDeps;
  readonly #bytesMax: number;
  readonly #release: ReleaseLock;
  readonly #ring: FrameRing;
  readonly #inlet: SpoolInlet;
  readonly #flushes = new Map<number, { readonly ticket: number; readonly resolve: () => void }>();
  #lastFlush = 0;
  /** Null between the death of a thread and the start of its successor. */
  #worker: Worker | null = null;
  #isClosing = false;
  #busyLook: NodeJS.Timeout | undefined;

  constructor(deps: SpoolThreadDeps, options: SpoolThreadOptions, release: ReleaseLock) {
    this.#deps = deps;
    this.#release = release;
    this.#bytesMax = options.spoolBytesMax ?? SPOOL_BYTES_MAX;
    this.#ring = FrameRing.create(options.ringBytesMax ?? RING_BYTES_MAX);
    this.#inlet = new SpoolInlet(
      { ring: this.#ring, wake: () => this.#tell({ type: 'wake' }), log: deps.log },
      { spoolBytesMax: this.#bytesMax, ringRecordsMax: RING_RECORDS_MAX },
    );
  }

  start(): Promise<void> {
    this.#busyLook = setInterval(watchLoop(this.#ring), BUSY_LOOK_MS).unref();
    return this.#runThread(undefined);
  }

  begin(callId: string, projectId = this.#deps.projectId): void {
    this.#inlet.begin(callId, projectId);
  }

  offer(offered: OfferedCall | CallRecord): 'accepted' | 'dropped' {
    return this.#inlet.offer('v' in offered ? offeredCallOf(offered) : offered);
  }

  isFull(): boolean {
    return this.#inlet.isFull();
  }

  async flush(): Promise<void> {
    while (!this.#inlet.sendDrops()) await this.#flushed();
    await this.#flushed();
  }

  stats(): SpoolStats {
    return spoolStatsOf(this.#ring, this.#inlet, { nowMs: this.#deps.clock(), bytesMax: this.#bytesMax });
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearInterval(this.#busyLook);
    this.#ring.busy = 0;
    this.#inlet.sendDrops();
    this.#inlet.close();
    const worker = this.#worker;
    if (worker !== null) {
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      this.#tell({ type: 'stop' });
      await Promise.race([exited, delayFor(THREAD_CLOSE_DEADLINE_MS, undefined, { ref: false })]);
      await worker.terminate();
    }
    this.#release();
  }

  async killThread(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    // Ended by itself, between two steps of its work: ended from here, inside a call to the disk, Node itself may crash.
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#tell({ type: 'die' });
    await exited;
  }

  #tell(request: SpoolThreadRequest): void {
    this.#worker?.postMessage(request);
  }

  #flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#lastFlush += 1;
      const id = this.#lastFlush;
      const { ticket } = this.#ring;
      this.#flushes.set(id, { ticket, resolve });
      this.#tell({ type: 'flush', id, ticket });
    });
  }

  /** Resolves when the thread is ready; rejects when it ends before. */
  #runThread(inFlight: readonly string[] | undefined): Promise<void> {
    const { directory, gatewayId, settings, entry } = this.#deps;
    const data: SpoolThreadData = {
      ...{ directory, gatewayId, settings, ring: this.#ring.shared, spoolBytesMax: this.#bytesMax },
      ...(inFlight === undefined ? {} : { inFlight }),
    };
    for (const flag of HEAP_FLAGS) setFlagsFromString(flag);
    const worker = new Worker(entry, { workerData: data });
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let fault: unknown;
    worker.on('error', (error) => {
      fault = error;
    });
    worker.on('message', (message: unknown) => {
      const reply = replySchema.parse(message);
      if (reply.type === 'ready') {
        for (const [id, { ticket }] of this.#flushes) this.#tell({ type: 'flush', id, ticket });
        resolve();
      } else {
        this.#flushes.get(reply.id)?.resolve();
        this.#flushes.delete(reply.id);
      }
    });
    worker.once('exit', (code) => {
      if (this.#worker === worker) this.#worker = null;
      reject(fault ?? new Error(`the thread of the spool ended with code ${code}`));
      if (isStarted) void this.#restart(fault);
    });
    let isStarted = inFlight !== undefined;
    return promise.then(() => {
      isStarted = true;
    });
  }

  /** A new thread, however often it takes: what is durable is on the disk, and what is not is in the ring. */
  async #restart(fault: unknown): Promise<void> {
    const { log } = this.#deps;
    if (this.#isClosing) return;
    log.error({ err: fault }, 'the thread of the spool died; another one takes over');
    for (let failures = 0; !this.#isClosing; failures += 1) {
      const limits = { minMs: THREAD_BACKOFF_MIN_MS, maxMs: THREAD_BACKOFF_MAX_MS };
      await delayFor(exponentialBackoff(failures, limits, Math.random), undefined, { ref: false });
      if (this.#isClosing) return;
      this.#ring.recount();
      try {
        await this.#runThread(this.#inlet.unfinishedCalls);
        return;
      } catch (error) {
        log.error({ err: error }, 'the thread of the spool did not start');
      }
    }
  }
}

/** Tells the other thread for how much of the time since the last look this one has worked. */
function watchLoop(ring: FrameRing): () => void {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    ring.busy = performance.eventLoopUtilization(now, last).utilization;
    last = now;
  };
}
