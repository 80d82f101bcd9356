import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** Changes that the optimizer began by itself in the last day, as the guard of the pointer counts them. */
export async function readChangeRate(database: Database, projectId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT automatic_changes_today(${projectId}) AS count`.execute(
    database,
  );
  return rows[0]?.count ?? 0;
}
