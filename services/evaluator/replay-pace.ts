import type { Database } from '#shared/database/connect.ts';
import { takeJudgeTurn } from '#shared/database/judge-pace-store.ts';
import { pauseUntil, readPause } from '#shared/database/prompts/replay-pause.ts';

/** How fast a provider may be sent replays, by all evaluators together. */
export interface ReplayPace {
  /** Waits for the provider's next turn; false when it would take too long now. */
  turn(provider: string, signal: AbortSignal): Promise<boolean>;
  /** The provider has said that it was too fast, and for how long to leave it alone, if it said so. */
  slowDown(provider: string, retryAfterSeconds: number | undefined): Promise<void>;
}

export interface ReplayPaceDeps {
  readonly database: Database;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Ends early, by resolving, when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ReplayPaceOptions {
  readonly projectId: string;
  /** Null for no limit of ours: only what the provider says then holds replays back. */
  readonly perMinute: number | null;
}

/** A worker that waits takes no other job, so that the queue waits with it; beyond this the job goes back instead. */
const WAIT_MAX_MS = 65_000;
const TRIES_MAX = 4;
const CLOSED_SECONDS = 20;
const CLOSED_SECONDS_MAX = 600;
/** Without a limit of ours, how long it may take until another evaluator's "too fast" is heard of. */
const LOOK_AGAIN_MS = 1_000;
/** Evaluators that wait for the same moment do not all start in it. */
const JITTER_MS = 1_000;

/**
 * Keeps replays to their number per minute, and away from a provider that has asked to be left alone: the people whose
 * traffic goes there as well must not pay for a search with refusals.
 */
export function createReplayPace(deps: ReplayPaceDeps, options: ReplayPaceOptions): ReplayPace {
  // No provider of a judge has a slash in its name, so that the two never share a row.
  const at = (provider: string) => ({ projectId: options.projectId, judge: `replay/${provider}` });
  const looked = new Map<string, { readonly atMs: number; readonly pausedUntilMs: number }>();

  /** Where nothing is counted nothing is written, or all replays would wait for one row. */
  async function pausedMs(provider: string): Promise<number> {
    const nowMs = deps.now();
    let look = looked.get(provider);
    if (look === undefined || look.atMs < nowMs - LOOK_AGAIN_MS) {
      look = { atMs: nowMs, pausedUntilMs: (await readPause(deps.database, at(provider)))?.getTime() ?? 0 };
      looked.set(provider, look);
    }
    return Math.max(0, look.pausedUntilMs - nowMs);
  }

  const { perMinute } = options;
  const waitOf = (provider: string): Promise<number> =>
    perMinute === null
      ? pausedMs(provider)
      : takeJudgeTurn(deps.database, at(provider), new Date(deps.now()), perMinute);
  return {
    async turn(provider, signal) {
      for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
        const waitMs = await waitOf(provider);
        if (waitMs === 0) return true;
        if (waitMs > WAIT_MAX_MS || signal.aborted) return false;
        await deps.wait(waitMs + Math.round(deps.random() * JITTER_MS), signal);
      }
      return false;
    },
    async slowDown(provider, retryAfterSeconds) {
      const seconds = Math.min(CLOSED_SECONDS_MAX, retryAfterSeconds ?? CLOSED_SECONDS);
      looked.delete(provider);
      await pauseUntil(deps.database, at(provider), new Date(deps.now() + seconds * 1_000));
    },
  };
}
