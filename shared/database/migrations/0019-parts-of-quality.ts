import { type Kysely, sql } from 'kysely';

/**
 * What a session's quality is made of, for who learns from many: as sampled verdicts make it, unbiased and not held to
 * 0 and 1, with the ends it could have come to; what it is by rule alone; and the judges that had a say. Null and empty
 * for sessions that were closed before.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE session
      ADD COLUMN quality_unbounded double precision,
      ADD COLUMN quality_low double precision,
      ADD COLUMN quality_high double precision,
      ADD COLUMN quality_by_rule double precision CHECK (quality_by_rule BETWEEN 0 AND 1),
      ADD COLUMN judged_by text[] NOT NULL DEFAULT '{}';
  `)
    .execute(database);
}
