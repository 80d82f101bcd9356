import { type Kysely, sql } from 'kysely';

/**
 * Finds the call of a session by what its tool calls are known by. Without it, a request that continues an answer which
 * was never stored has every call of its session read: in a session of ten thousands of calls that is seconds a batch.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    CREATE INDEX call_tool_use_idx ON call (project_id, session_id, tool_use_key, call_id)
      WHERE tool_use_key IS NOT NULL;
  `)
    .execute(database);
}
