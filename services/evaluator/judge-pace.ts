import type { Database } from '#shared/database/connect.ts';
import { closeJudgeUntil, takeJudgeTurn } from '#shared/database/judge-pace-store.ts';
import { judgeName } from './judge-panel.ts';
import type { JudgePace } from './scorers/judge/ask-judges.ts';

/** A worker that waits takes no other job, so that the queue waits with it; beyond this the job goes back instead. */
const WAIT_MAX_MS = 65_000;
const TRIES_MAX = 4;
/** What a provider that says "too fast" and not for how long is given. */
const CLOSED_SECONDS = 20;
const CLOSED_SECONDS_MAX = 3_600;
/** Evaluators that wait for the same minute do not all start in its first moment. */
const JITTER_MS = 3_000;

export interface JudgePaceDeps {
  readonly database: Database;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Ends early, by resolving, when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Keeps a judge to its requests per minute, and away from a provider that has asked to be left alone. */
export function createJudgePace(
  deps: JudgePaceDeps,
  options: { readonly projectId: string; perMinuteOf(judge: string): number | null },
): JudgePace {
  const at = (judge: string) => ({ projectId: options.projectId, judge });
  return {
    async turn(llm, signal) {
      const judge = judgeName(llm);
      for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
        const now = new Date(deps.now());
        const waitMs = await takeJudgeTurn(deps.database, at(judge), now, options.perMinuteOf(judge));
        if (waitMs === 0) return true;
        if (waitMs > WAIT_MAX_MS || signal.aborted) return false;
        await deps.wait(waitMs + Math.round(deps.random() * JITTER_MS), signal);
      }
      return false;
    },
    async slowDown(llm, retryAfterSeconds) {
      const seconds = Math.min(CLOSED_SECONDS_MAX, retryAfterSeconds ?? CLOSED_SECONDS);
      await closeJudgeUntil(deps.database, at(judgeName(llm)), new Date(deps.now() + seconds * 1_000));
    },
  };
}
