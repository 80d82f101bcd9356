import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** Everything that a purge deletes from or rewrites. Partitions come with their tables. */
const TABLES = [
  'alarm',
  'block',
  'call',
  'cluster_assignment',
  'cluster_comment',
  'cluster_dimension',
  'cluster_hour',
  'cluster_name',
  'cluster_session',
  'dead_letter',
  'evaluation_cache',
  'failure_cluster',
  'failure_event',
  'failure_template',
  'judge_skip',
  'prompt_run',
  'replay',
  'replay_set_call',
  'rollout',
  'rollout_pair',
  'score',
  'scoring_run',
  'session',
  'template_embedding',
  'transcript_node',
  'webhook_event',
];

/**
 * Has PostgreSQL give up deleted rows. That takes the rights of the owner, which the login has where it has run the
 * migrations; elsewhere autovacuum does it later.
 *
 * @returns the tables that were vacuumed
 */
export async function vacuumTables(connection: Database): Promise<readonly string[]> {
  await sql`SET ROLE NONE`.execute(connection);
  try {
    const { rows } = await sql<{ name: string }>`
      SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relname = ANY(${TABLES}::text[]) AND pg_has_role(session_user, relowner, 'USAGE') ORDER BY 1`.execute(
      connection,
    );
    const names = rows.map(({ name }) => name);
    for (const name of names) await sql`VACUUM ${sql.table(name)}`.execute(connection);
    return names;
  } finally {
    await sql`RESET ROLE`.execute(connection);
  }
}
