import * as z from 'zod';
import type { Database } from '#shared/database/connect.ts';
import { listDeadLetters, removeDeadLetter } from '#shared/database/list-dead-letters.ts';
import { type Erasure, isErased, readErasures } from '#shared/database/purge/erasure.ts';
import { readBlockKey } from '#shared/database/purge/read-block-key.ts';
import type { JobQueue } from '#shared/queue/job-queue.ts';
import { INGEST_QUEUE } from '#shared/queue/names.ts';
import { readHookJson } from './decode-hook-record.ts';

export interface EraseHookDeps {
  readonly database: Database;
  readonly projectId: string;
  /** The public queue on our own store. */
  readonly queue: Pick<JobQueue<unknown>, 'failed' | 'remove'>;
}

/** Records that failed for good and are looked at in one go. */
const RECORDS_MAX = 1_000;

const jobSchema = z.looseObject({ record: z.unknown() });
const recordSchema = z.looseObject({
  startedAt: z.number().catch(0),
  sessionId: z.string().nullable().catch(null),
  developer: z.string().nullable().catch(null),
});

/**
 * Removes reported calls that nobody could take and that somebody has asked to erase: from the dead letters, and from
 * the failed jobs of the queue, which both hold the whole record.
 *
 * @returns how many dead letters were removed
 */
export async function eraseHookRecords({ database, projectId, queue }: EraseHookDeps): Promise<number> {
  const erasures = await readErasures(database, projectId);
  if (erasures.length === 0) return 0;
  const projectKey = await readBlockKey(database, projectId);
  const isMeant = (job: { readonly data: unknown; readonly failedAt: Date }) =>
    isErasedJob(projectKey, erasures, job.data, job.failedAt);
  for (const job of await queue.failed(RECORDS_MAX)) {
    if (await isMeant({ data: job.data, failedAt: new Date(job.failedAtMs ?? 0) })) await queue.remove(job.id);
  }
  let removed = 0;
  for (const dropped of [false, true]) {
    for (const letter of await listDeadLetters(database, projectId, {
      queue: INGEST_QUEUE,
      dropped,
      limit: RECORDS_MAX,
    })) {
      if (!(await isMeant({ data: letter.payload, failedAt: letter.createdAt }))) continue;
      if (await removeDeadLetter(database, letter.deadLetterId)) removed += 1;
    }
  }
  return removed;
}

/** What cannot be read cannot be said to be another's, and goes with the first erasure after it. */
async function isErasedJob(
  projectKey: Buffer,
  erasures: readonly Erasure[],
  data: unknown,
  failedAt: Date,
): Promise<boolean> {
  try {
    const { startedAt, sessionId, developer } = recordSchema.parse(await readHookJson(jobSchema.parse(data).record));
    return isErased(projectKey, erasures, { startedAt, sessionId, developer, keyId: null });
  } catch {
    return erasures.some(({ startedBefore }) => failedAt.getTime() < startedBefore);
  }
}

/** Whether a reported call is one that somebody has asked to erase. */
export async function isErasedHookJob(database: Database, projectId: string, data: unknown): Promise<boolean> {
  const erasures = await readErasures(database, projectId);
  if (erasures.length === 0) return false;
  return await isErasedJob(await readBlockKey(database, projectId), erasures, data, new Date());
}
