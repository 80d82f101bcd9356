import type { Database } from '#shared/database/connect.ts';
import { createReplays, type NewReplay, type Replay, readFinishedReplays } from '#shared/database/replay-store.ts';
import type { ReplayJob } from '#shared/queue/jobs.ts';

/** Where jobs are added; the same one twice is one job. */
export interface ReplayQueue {
  addBulk(jobs: readonly { readonly id: string; readonly data: ReplayJob }[]): Promise<void>;
  /** A job that failed for good keeps its id until it is removed. */
  remove?(id: string): Promise<boolean>;
}

export interface ReplayDeskDeps {
  readonly database: Database;
  readonly replays: ReplayQueue;
  readonly purse: ReplayPurse;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Ends early, by resolving, when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ReplayDeskOptions {
  readonly signal: AbortSignal;
  /** Without a single finished replay for so long, nobody is taking them, and `onStalled` is told. */
  readonly stalledMs: number;
  readonly onStalled: () => void;
}

/** A replay with what it costs at the most, in USD. */
export interface WantedReplay extends NewReplay {
  readonly mostUsd: number;
}

/** Money of a search, set aside before it is spent. */
export interface ReplayPurse {
  /** All of these or none: false when there is not enough. */
  reserve(wanted: readonly WantedReplay[]): Promise<boolean>;
  settle(finished: readonly Replay[]): Promise<void>;
}

/** Has replays done by whichever evaluator takes them. */
export interface ReplayDesk {
  /**
   * Resolves when the replay is finished, at once for one that was; null when it cannot be paid for. Rejects with the
   * signal's reason.
   */
  replay(wanted: WantedReplay): Promise<Replay | null>;
}

/** The first look comes soon, because a batch of short calls is over soon; later ones spare the database. */
const LOOK_MIN_MS = 15;
const LOOK_MAX_MS = 250;
const LOOK_GROWTH = 1.25;
/** Asked for again after so long: a queue that was lost, or that was down when they were added. */
const ASK_AGAIN_MS = 30_000;

interface Waiting {
  readonly wanted: WantedReplay;
  readonly waiters: { readonly resolve: (replay: Replay | null) => void; readonly reject: (error: unknown) => void }[];
  askedAtMs: number;
}

/**
 * Gathers what is asked for at about the same time into one insert and one bulk of jobs, and looks for all that is
 * outstanding in one query. The rows are the truth and the jobs are hints: after a kill the same replays are asked for
 * again, and those that were done meanwhile are there.
 */
export function createReplayDesk(deps: ReplayDeskDeps, options: ReplayDeskOptions): ReplayDesk {
  const { signal } = options;
  const waiting = new Map<string, Waiting>();
  let fresh: WantedReplay[] = [];
  let isWorking = false;

  async function work(): Promise<void> {
    let pauseMs = LOOK_MIN_MS;
    let progressAtMs = deps.now();
    while (waiting.size > 0) {
      signal.throwIfAborted();
      const batch = fresh;
      fresh = [];
      if (batch.length > 0) await ask(batch);
      const finished = await readFinishedReplays(deps.database, [...waiting.keys()]);
      await take(finished);
      if (finished.length > 0) {
        [pauseMs, progressAtMs] = [LOOK_MIN_MS, deps.now()];
      } else {
        if (deps.now() - progressAtMs > options.stalledMs) options.onStalled();
        await askAgain();
        pauseMs = Math.min(LOOK_MAX_MS, pauseMs * LOOK_GROWTH);
      }
      await deps.wait(pauseMs, signal);
    }
    // In the same turn as the last look at `waiting`: what comes now starts the work anew.
    isWorking = false;
  }

  async function ask(batch: readonly WantedReplay[]): Promise<void> {
    if (!(await deps.purse.reserve(batch))) {
      for (const { replayId } of batch) settle(replayId, null);
      return;
    }
    const rows = batch.map(({ mostUsd: _most, ...replay }) => replay);
    await createReplays(deps.database, rows);
    const ids = rows.map((replay) => replay.replayId);
    await take(await readFinishedReplays(deps.database, ids));
    await enqueue(batch.filter((replay) => waiting.has(replay.replayId)));
  }

  async function take(finished: readonly Replay[]): Promise<void> {
    if (finished.length === 0) return;
    await deps.purse.settle(finished);
    for (const replay of finished) settle(replay.replayId, replay);
  }

  async function askAgain(): Promise<void> {
    const late = [...waiting.values()].filter((each) => each.askedAtMs < deps.now() - ASK_AGAIN_MS);
    for (const { wanted } of late) await deps.replays.remove?.(wanted.replayId).catch(() => false);
    await enqueue(late.map((each) => each.wanted));
  }

  async function enqueue(batch: readonly WantedReplay[]): Promise<void> {
    if (batch.length === 0) return;
    await deps.replays.addBulk(
      batch.map(({ projectId, replayId }) => ({ id: replayId, data: { v: 1, projectId, replayId } })),
    );
    for (const { replayId } of batch) {
      const each = waiting.get(replayId);
      if (each !== undefined) each.askedAtMs = deps.now();
    }
  }

  function settle(replayId: string, replay: Replay | null): void {
    const each = waiting.get(replayId);
    waiting.delete(replayId);
    for (const { resolve } of each?.waiters ?? []) resolve(replay);
  }

  function fail(error: unknown): void {
    isWorking = false;
    fresh = [];
    const failed = [...waiting.values()];
    waiting.clear();
    for (const { waiters } of failed) for (const { reject } of waiters) reject(error);
  }

  return {
    replay: (wanted) =>
      new Promise((resolve, reject) => {
        const each = waiting.get(wanted.replayId);
        if (each === undefined) {
          waiting.set(wanted.replayId, { wanted, waiters: [{ resolve, reject }], askedAtMs: deps.now() });
          fresh.push(wanted);
        } else each.waiters.push({ resolve, reject });
        if (isWorking) return;
        isWorking = true;
        // After this turn, when all that is asked for together is here.
        setImmediate(() => void work().catch(fail));
      }),
  };
}
