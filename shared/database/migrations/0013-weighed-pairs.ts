import { type Kysely, sql } from 'kysely';

/**
 * How much a pair of a rollout was heard, where one key has more than its share of the sessions; and when an alarm took
 * its model out of the cell, from which moment the model has to be proven anew.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE rollout_pair ADD COLUMN weight double precision NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1);
    ALTER TABLE alarm ADD COLUMN demoted_at timestamptz;
    CREATE INDEX alarm_demoted_idx ON alarm (project_id, demoted_at) WHERE demoted_at IS NOT NULL;
  `)
    .execute(database);
}
