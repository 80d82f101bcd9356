import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#shared/database/connect.ts';
import { readRun, readStepTimes } from '#shared/database/optimizer-run-store.ts';
import { type RunStanding, standingOf } from './run-progress.ts';

const LOOK_MS = 250;
/** A stream that says nothing for longer is cut by proxies on the way. */
const SILENCE_MAX_MS = 10_000;

/**
 * Where a run stands, now and whenever it has moved on, until it has ended or the signal aborts. Reads the row, so that
 * it tells the same whichever optimizer does the work.
 */
export async function* followRun(
  deps: { readonly database: Database; readonly now: () => number },
  run: { readonly projectId: string; readonly runId: string },
  signal: AbortSignal,
): AsyncGenerator<RunStanding> {
  const earlier = await readStepTimes(deps.database, run.projectId);
  let told = '';
  let toldAt = 0;
  while (!signal.aborted) {
    const row = await readRun(deps.database, run.projectId, run.runId);
    if (row === null) return;
    const standing = standingOf(row, earlier, deps.now());
    const place = `${standing.status} ${standing.step} ${standing.stepNumber}`;
    if (place !== told || deps.now() - toldAt >= SILENCE_MAX_MS) {
      [told, toldAt] = [place, deps.now()];
      yield standing;
    }
    if (standing.status === 'done' || standing.status === 'failed') return;
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}
