import { type Kysely, sql } from 'kysely';

/**
 * An outcome is recorded when a session goes idle and again when the request that was awaited comes after all: only
 * the first of the two may be replaced, and what it left undecided has to go.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE scoring_run ADD COLUMN final boolean NOT NULL DEFAULT true;
    GRANT DELETE ON score TO trimtab_evaluator;
  `)
    .execute(database);
}
