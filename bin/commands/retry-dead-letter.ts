import type { Database } from '#shared/database/connect.ts';
import { SPOOL_QUEUE } from '#shared/database/conservation.ts';
import { type KeptDeadLetter, releaseDeadLetter } from '#shared/database/list-dead-letters.ts';
import { TrimtabError } from '#shared/errors.ts';
import { type JobDataOf, jobSchemaOf } from '#shared/queue/jobs.ts';
import {
  INGEST_QUEUE,
  isJudgeQueueName,
  type QueueName,
  REPLAY_QUEUE,
  SCORE_QUEUE,
  SESSION_QUEUE,
} from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';

export interface RetryOutcome {
  readonly outcome: 'retried' | 'gone' | 'failed';
  readonly reason: string | null;
}

const RETRIED_QUEUES: readonly QueueName[] = [INGEST_QUEUE, SCORE_QUEUE, SESSION_QUEUE, REPLAY_QUEUE];

/** Puts the job of a dead letter back into its queue and removes the letter, or leaves both as they were. */
export async function retryDeadLetter(
  deps: { readonly database: Database; readonly backend: QueueBackend },
  letter: KeptDeadLetter,
): Promise<RetryOutcome> {
  const name = queueNameOf(letter.queue);
  if (name === null) {
    const reason =
      letter.queue === SPOOL_QUEUE
        ? 'it is a record that the store refused, not a job'
        : `this version of Trimtab has no queue ${letter.queue}`;
    return { outcome: 'failed', reason };
  }
  const parsed = jobSchemaOf(name).safeParse(letter.payload);
  if (!parsed.success) {
    return { outcome: 'failed', reason: `its payload is not one of ${name}: ${parsed.error.issues[0]?.message ?? ''}` };
  }
  try {
    const released = await releaseDeadLetter(deps.database, letter.deadLetterId, () =>
      addAgain(deps.backend, name, letter.jobId, parsed.data),
    );
    return { outcome: released ? 'retried' : 'gone', reason: null };
  } catch (error) {
    if (!(error instanceof TrimtabError)) throw error;
    return { outcome: 'failed', reason: error.message };
  }
}

/** The queue ignores an id that is still among its failed jobs, so the dead one is removed first. */
async function addAgain<Name extends QueueName>(
  backend: QueueBackend,
  name: Name,
  id: string,
  data: JobDataOf<Name>,
): Promise<void> {
  const queue = backend.openQueue(name);
  try {
    await queue.remove(id);
    await queue.add({ id, data });
  } finally {
    await queue.close();
  }
}

function queueNameOf(name: string): QueueName | null {
  return RETRIED_QUEUES.find((known) => known === name) ?? (isJudgeName(name) ? name : null);
}

function isJudgeName(name: string): name is Extract<QueueName, `trimtab-judge-${string}`> {
  return isJudgeQueueName(name as QueueName);
}
