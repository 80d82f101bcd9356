import { sql } from 'kysely';
import type { Database } from '../connect.ts';
import { findGarbage } from './find-garbage.ts';
import { isMeant, type MeantCalls } from './meant-calls.ts';

/** What a purge removes. */
export interface PurgeCounts {
  readonly calls: number;
  readonly sessions: number;
  readonly blocks: number;
  readonly scores: number;
  /** Failures that stand as examples in clusters. */
  readonly examples: number;
  readonly replays: number;
  readonly deadLetters: number;
}

/** Counts what a purge would remove, and changes nothing. Calls that are still on their way are not in it. */
export async function previewPurge(database: Database, meant: MeantCalls): Promise<PurgeCounts> {
  return await database.connection().execute(async (connection) => {
    const { rows } = await sql<Omit<PurgeCounts, 'blocks'>>`
      WITH meant AS (SELECT call_id, project_id, session_id FROM call WHERE ${isMeant(meant)}),
      whole_session AS (
        SELECT DISTINCT session_id FROM meant WHERE NOT EXISTS (SELECT 1 FROM call
          WHERE call.project_id = ${meant.projectId} AND call.session_id = meant.session_id AND ${isMeant(meant)} IS NOT TRUE)
      )
      SELECT (SELECT count(*) FROM meant) AS calls, (SELECT count(*) FROM whole_session) AS sessions,
        (SELECT count(*) FROM score JOIN meant USING (call_id, project_id)) AS scores,
        (SELECT count(*) FROM failure_event JOIN meant USING (call_id, project_id)) AS examples,
        (SELECT count(*) FROM replay JOIN meant USING (call_id, project_id)) AS replays,
        (SELECT count(*) FROM dead_letter letter WHERE letter.project_id = ${meant.projectId}
          AND EXISTS (SELECT 1 FROM meant WHERE meant.call_id = letter.call_id
            OR meant.call_id::text = letter.payload ->> 'callId')) AS dead_letters`.execute(connection);
    const counts = rows[0];
    if (counts === undefined) throw new Error('a SELECT without FROM has one row');
    let blocks = 0;
    for (const week of await weeksOf(connection, meant)) {
      blocks += (await findGarbage(connection, { projectId: meant.projectId, week }, meant)).blocks;
    }
    return { ...counts, blocks };
  });
}

async function weeksOf(database: Database, meant: MeantCalls): Promise<readonly string[]> {
  const { rows } = await sql<{ week: string }>`
    SELECT DISTINCT week_of_call(call_id) AS week FROM call WHERE ${isMeant(meant)} ORDER BY 1`.execute(database);
  return rows.map(({ week }) => week);
}
