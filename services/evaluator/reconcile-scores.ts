import { findUnscoredCalls } from '#shared/database/score-store.ts';
import type { JobQueue } from '#shared/queue/job-queue.ts';
import type { ScoreJob } from '#shared/queue/jobs.ts';
import { scoreJobId } from '#shared/queue/names.ts';
import { BACKGROUND_PRIORITY } from '#shared/spool/score-lanes.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';

/** A call this long in the store without a score has lost its job, or its workers are far behind; both bear asking. */
export const UNSCORED_AFTER_MS = 5 * 60_000;
const LOOK_BACK_MS = 14 * 24 * 3_600_000;
const CALLS_MAX = 500;

/**
 * Asks again for the scores of stored calls that have none: a queue may be lost whole, the rows are not.
 *
 * @returns how many calls were found
 */
export async function reconcileScores(
  deps: Pick<EvaluatorDeps, 'database' | 'now' | 'metrics'>,
  queue: Pick<JobQueue<ScoreJob>, 'addBulk'>,
  unscoredAfterMs: number = UNSCORED_AFTER_MS,
): Promise<number> {
  const now = deps.now();
  const calls = await findUnscoredCalls(deps.database, {
    storedAfter: new Date(now - LOOK_BACK_MS),
    storedBefore: new Date(now - unscoredAfterMs),
    limit: CALLS_MAX,
  });
  await queue.addBulk(
    calls.map(({ projectId, callId }) => ({
      id: scoreJobId(callId, 'call'),
      data: { v: 1, projectId, callId, pass: 'call' },
      priority: BACKGROUND_PRIORITY,
    })),
  );
  deps.metrics.reenqueued.inc(calls.length);
  return calls.length;
}
