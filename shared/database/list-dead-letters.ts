import { sql } from 'kysely';
import type { Database } from './connect.ts';
import type { DeadLetter } from './dead-letter-store.ts';

/** A dead letter as a person looks at it. */
export interface KeptDeadLetter extends DeadLetter {
  readonly deadLetterId: string;
  readonly createdAt: Date;
  /** When a person decided that nothing will come of it; it stays counted. */
  readonly droppedAt: Date | null;
}

/** As whose letters jobs are kept whose payload names no project. */
const UNKNOWN_PROJECT = 'unknown';

/** Letters of a project and of none, newest first; dropped ones only on request. */
export async function listDeadLetters(
  database: Database,
  projectId: string,
  filter: { readonly queue?: string | undefined; readonly dropped?: boolean | undefined; readonly limit: number },
): Promise<KeptDeadLetter[]> {
  let query = database
    .selectFrom('deadLetter')
    .selectAll()
    .where('projectId', 'in', [projectId, UNKNOWN_PROJECT])
    .where('droppedAt', filter.dropped === true ? 'is not' : 'is', null);
  if (filter.queue !== undefined) query = query.where('queue', '=', filter.queue);
  return await query.orderBy('createdAt', 'desc').orderBy('deadLetterId').limit(filter.limit).execute();
}

/** How many letters wait for a person, by queue. */
export async function countDeadLetters(
  database: Database,
  projectId: string,
): Promise<{ queue: string; letters: number }[]> {
  return await database
    .selectFrom('deadLetter')
    .select((build) => ['queue', build.fn.countAll<number>().as('letters')])
    .where('projectId', 'in', [projectId, UNKNOWN_PROJECT])
    .where('droppedAt', 'is', null)
    .groupBy('queue')
    .orderBy('queue')
    .execute();
}

/**
 * Removes a letter whose job gets another chance, in one transaction with `enqueue`: when that throws, the letter
 * stays, and a job that dies again before the commit finds no letter in its way. False when the letter is gone already.
 */
export async function releaseDeadLetter(
  database: Database,
  deadLetterId: string,
  enqueue: () => Promise<void>,
): Promise<boolean> {
  return await database.transaction().execute(async (transaction) => {
    const removed = await transaction
      .deleteFrom('deadLetter')
      .where('deadLetterId', '=', deadLetterId)
      .executeTakeFirst();
    if (removed.numDeletedRows === 0n) return false;
    await enqueue();
    return true;
  });
}

/** Marks a letter as done with. The row stays: without it the call would count as pending, or as missing. */
export async function dropDeadLetter(database: Database, deadLetterId: string): Promise<boolean> {
  const dropped = await database
    .updateTable('deadLetter')
    .set({ droppedAt: sql`now()` })
    .where('deadLetterId', '=', deadLetterId)
    .where('droppedAt', 'is', null)
    .executeTakeFirst();
  return dropped.numUpdatedRows > 0n;
}

/** Removes a letter for good. False when it is gone already. */
export async function removeDeadLetter(database: Database, deadLetterId: string): Promise<boolean> {
  const removed = await database.deleteFrom('deadLetter').where('deadLetterId', '=', deadLetterId).executeTakeFirst();
  return removed.numDeletedRows > 0n;
}
