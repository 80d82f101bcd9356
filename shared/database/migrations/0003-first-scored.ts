import { type Kysely, sql } from 'kysely';

/**
 * When a session first had a quality. A session that goes on is closed and scored again, and what watches a stream of
 * sessions has to hear of each of them once.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE session ADD COLUMN first_scored_at timestamptz;
    UPDATE session SET first_scored_at = quality_at WHERE quality IS NOT NULL;
    CREATE INDEX session_watched_idx ON session (project_id, policy_id, turn_shape, model, first_scored_at, session_id)
      WHERE first_scored_at IS NOT NULL;
  `)
    .execute(database);
}
