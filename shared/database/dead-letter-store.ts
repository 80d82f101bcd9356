import { sql } from 'kysely';
import { jsonText, storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** A job that nobody could finish, kept until a person looks at it. */
export interface DeadLetter {
  readonly projectId: string;
  readonly queue: string;
  readonly jobId: string;
  /** Set when a call stays without scores because of it. */
  readonly callId: string | null;
  readonly reason: string;
  /** Ids only; content never goes through a queue. */
  readonly payload: unknown;
}

const REASON_CHARACTERS_MAX = 1_000;

/**
 * Keeps a dead letter, once per job, and counts it where a call stays unscored because of it.
 *
 * @param countedBy the process that counts, as `gateway_id` of the counter
 * @returns whether it is new
 */
export async function recordDeadLetter(database: Database, letter: DeadLetter, countedBy: string): Promise<boolean> {
  return await database.transaction().execute(async (transaction) => {
    const inserted = await transaction
      .insertInto('deadLetter')
      .values({
        ...letter,
        deadLetterId: sql<string>`gen_random_uuid()`,
        reason: storableText(letter.reason).slice(0, REASON_CHARACTERS_MAX),
        payload: jsonText(letter.payload),
      })
      .onConflict((conflict) => conflict.columns(['projectId', 'queue', 'jobId']).doNothing())
      .returning('deadLetterId')
      .execute();
    if (inserted.length === 0) return false;
    if (letter.callId !== null) await countDeadLetter(transaction, letter.projectId, countedBy);
    return true;
  });
}

async function countDeadLetter(database: Database, projectId: string, countedBy: string): Promise<void> {
  await database
    .insertInto('conservationCounter')
    .values({ projectId, gatewayId: countedBy, name: 'dead_lettered', value: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'gatewayId', 'name'])
        .doUpdateSet({ value: sql<number>`conservation_counter.value + 1` }),
    )
    .execute();
}

/** Whether a job is among the dead letters. */
export async function hasDeadLetter(
  database: Database,
  projectId: string,
  queue: string,
  jobId: string,
): Promise<boolean> {
  const row = await database
    .selectFrom('deadLetter')
    .select('deadLetterId')
    .where('projectId', '=', projectId)
    .where('queue', '=', queue)
    .where('jobId', '=', jobId)
    .executeTakeFirst();
  return row !== undefined;
}
