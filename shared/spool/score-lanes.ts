import { LRUCache } from 'lru-cache';

/** Job priorities of the score queue: 1 is first. Jobs of equal priority run in the order in which they came. */
export interface ScoreLanes {
  /** Counts one job of a lane (the calls of one key), and says which priority it has. */
  priorityOf(lane: string): number;
}

/** What a lane may add in about a minute before it has to let others pass: a busy agent makes a call every two seconds. */
const USUAL_JOBS = 32;
const HALF_LIFE_MS = 30_000;
const LANES_MAX = 10_000;
/** Of work that nobody waits for: read from files, or asked for a second time. */
export const BACKGROUND_PRIORITY = 100;
const PRIORITY_MAX = BACKGROUND_PRIORITY - 1;

/**
 * Lanes by how much each has added lately: every doubling above the usual is one priority later. So a key that sends
 * fifty times as much as before waits behind the others, and they hardly notice it; with nobody else there it waits for
 * nothing. Decided where jobs are added, from memory alone.
 *
 * @param deps.now milliseconds
 */
export function createScoreLanes(deps: { readonly now: () => number }): ScoreLanes {
  const lanes = new LRUCache<string, { jobs: number; atMs: number }>({ max: LANES_MAX });
  return {
    priorityOf(lane) {
      const nowMs = deps.now();
      const known = lanes.get(lane) ?? { jobs: 0, atMs: nowMs };
      const elapsedMs = Math.max(0, nowMs - known.atMs);
      known.jobs = known.jobs * 2 ** (-elapsedMs / HALF_LIFE_MS) + 1;
      known.atMs = nowMs;
      lanes.set(lane, known);
      const doublings = Math.max(0, Math.ceil(Math.log2(known.jobs / USUAL_JOBS)));
      return Math.min(PRIORITY_MAX, 1 + doublings);
    },
  };
}
