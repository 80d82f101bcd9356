import { setTimeout as delayFor } from 'node:timers/promises';
import { type CallStore, createCallStore } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { Log } from '#shared/log.ts';
import { DrainBatch } from './drain-batch.ts';
import { exponentialBackoff } from './exponential-backoff.ts';
import { hasLargeBatch, isLargeBatch } from './large-batch.ts';
import type { ScoreQueue } from './score-jobs-of.ts';
import type { SpoolSink } from './spool.ts';
import {
  DRAIN_BACKOFF_MAX_MS,
  DRAIN_BACKOFF_MIN_MS,
  DRAIN_LINGER_MS,
  DRAIN_TRIES_MAX,
  DRAIN_YIELD_MS,
  DRAIN_YIELD_STEP_MS,
} from './spool-limits.ts';

export interface DrainerDeps {
  readonly spool: SpoolSink;
  readonly database: Database;
  readonly queue: ScoreQueue;
  readonly log: Log;
  /** Shared with other writers of this process, if there are any; its own one when absent. */
  readonly callStore?: CallStore;
  readonly random?: () => number;
  readonly delay?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface Drainer {
  start(): void;
  /** Resolves when the batch in hand is delivered or has failed. */
  stop(): Promise<void>;
  /** Resolves when everything that is durable now is stored, enqueued and acknowledged. */
  idle(): Promise<void>;
  /** Failures in a row; zero while the store answers. */
  failures(): number;
}

const BACKOFF = { minMs: DRAIN_BACKOFF_MIN_MS, maxMs: DRAIN_BACKOFF_MAX_MS };

const waitFor = (milliseconds: number, signal: AbortSignal) =>
  delayFor(milliseconds, undefined, { signal }).catch(() => {});

/**
 * Moves calls from the spool into PostgreSQL and their jobs into the queue, in order, at least once. A batch is
 * stored, then enqueued, and only then acknowledged: a crash between any two of these repeats it, and everything it
 * does may be repeated.
 */
export function createDrainer(deps: DrainerDeps): Drainer {
  const { spool, log } = deps;
  const batches = new DrainBatch({ ...deps, callStore: deps.callStore ?? createCallStore(deps.database) });
  const random = deps.random ?? Math.random;
  const delay = deps.delay ?? waitFor;
  let stopping = new AbortController();
  let running: Promise<void> | null = null;
  let failures = 0;
  let wake: (() => void) | null = null;
  let idleWaiters: (() => void)[] = [];
  /** The last batch was more than half full. */
  let isBehind = false;

  /** True when there was something to do. */
  async function drainOne(): Promise<boolean> {
    await giveWay(spool, (milliseconds) => delay(milliseconds, stopping.signal));
    await linger();
    const batch = await spool.nextBatch();
    isBehind = batch !== null && isLargeBatch(batch);
    if (batch === null) return false;
    const delivering = batches.deliver(batch, { isStuck: failures >= DRAIN_TRIES_MAX });
    const [delivered] = await Promise.allSettled([delivering, isBehind ? batches.prepareAfter(batch) : null]);
    if (delivered.status === 'rejected') throw delivered.reason;
    await spool.acknowledge(batch);
    batches.forget();
    return true;
  }

  /** Lets a batch gather, unless somebody waits for it or it is large already. */
  async function linger(): Promise<void> {
    const isOver = () => idleWaiters.length > 0 || stopping.signal.aborted || hasLargeBatch(spool);
    if (isBehind || failures > 0 || isOver()) return;
    const hurry = new AbortController();
    wake = () => (isOver() ? hurry.abort() : undefined);
    await delay(DRAIN_LINGER_MS, hurry.signal);
    wake = null;
  }

  async function drainOrBackOff(): Promise<boolean> {
    try {
      const hasWorked = await drainOne();
      if (failures > 0 && hasWorked) log.info({ failures }, 'spool drains again');
      failures = 0;
      return hasWorked;
    } catch (error) {
      if (failures === 0) log.warn({ error }, 'spool cannot be drained; calls are kept on disk');
      await delay(exponentialBackoff(failures, BACKOFF, random), stopping.signal);
      failures += 1;
      return true;
    }
  }

  async function run(): Promise<void> {
    const { signal } = stopping;
    let hasNews = false;
    const stopListening = spool.onDurable(() => {
      hasNews = true;
      wake?.();
    });
    signal.addEventListener('abort', () => wake?.());
    while (!signal.aborted) {
      hasNews = false;
      if (await drainOrBackOff()) continue;
      if (hasNews || signal.aborted) continue;
      for (const resolve of idleWaiters.splice(0)) resolve();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = null;
    }
    stopListening();
  }

  return {
    start() {
      if (running !== null) return;
      stopping = new AbortController();
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
      running = null;
      idleWaiters = [];
    },
    idle() {
      return new Promise((resolve) => {
        idleWaiters.push(resolve);
        wake?.();
      });
    },
    failures: () => failures,
  };
}

/** Leaves the thread to the writer while it is pressed, but not for ever. */
async function giveWay(spool: SpoolSink, delay: (milliseconds: number) => Promise<void>): Promise<void> {
  for (let waitedMs = 0; waitedMs < DRAIN_YIELD_MS && spool.isPressed(); waitedMs += DRAIN_YIELD_STEP_MS) {
    await delay(DRAIN_YIELD_STEP_MS);
  }
}
