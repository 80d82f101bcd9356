import type { JobCounts } from '#shared/queue/job-queue.ts';
import {
  INGEST_QUEUE,
  judgeQueueName,
  type QueueName,
  REPLAY_QUEUE,
  SCORE_QUEUE,
  SESSION_QUEUE,
} from '#shared/queue/names.ts';
import type { CommandContext } from '../command-context.ts';
import { withQueues } from '../with-queues.ts';
import { attempt, type Check, passed } from './check.ts';

/** Each queue answers, and what is in it. A failed job is a dead letter too, which has a check of its own. */
export async function checkQueues(
  context: CommandContext,
  judgeProviders: readonly string[],
): Promise<readonly Check[]> {
  const names: QueueName[] = [
    INGEST_QUEUE,
    SCORE_QUEUE,
    SESSION_QUEUE,
    REPLAY_QUEUE,
    ...[...new Set(judgeProviders)].map(judgeQueueName),
  ];
  const store = context.environment.redisUrl === undefined ? 'PostgreSQL' : 'Redis';
  const fix = store === 'Redis' ? 'check REDIS_URL, and that Redis runs' : 'run `trimtab migrate`';
  return await withQueues(context, async (backend) =>
    Promise.all(
      names.map((name) =>
        attempt(name, fix, async () =>
          passed(name, `${store}: ${describeCounts(await backend.openQueue(name).counts())}`),
        ),
      ),
    ),
  );
}

function describeCounts(counts: JobCounts): string {
  const waiting = counts.waiting + counts.prioritized;
  return `${waiting} waiting, ${counts.active} active, ${counts.delayed} delayed, ${counts.failed} failed`;
}
