import { type Kysely, sql } from 'kysely';

/**
 * A replay of a call whose failure a judge has found is judged by the same rubric. Replays are looked up by the search
 * that asked for them, and by their call when that is erased.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    ALTER TABLE replay ADD COLUMN rubric text;
    CREATE INDEX replay_run_idx ON replay (prompt_run_id) WHERE prompt_run_id IS NOT NULL;
    CREATE INDEX replay_call_idx ON replay (project_id, call_id);
    CREATE INDEX replay_created_idx ON replay (project_id, created_at);
  `)
    .execute(database);
}
