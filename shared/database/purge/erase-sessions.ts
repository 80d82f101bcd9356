import { sql } from 'kysely';
import { sha256Hex } from '../../content-hash.ts';
import type { Database } from '../connect.ts';

const PSEUDONYM_CHARACTERS = 16;

/**
 * Removes the sessions that have no call left, and counts the others anew. Where the statistics of a rollout name a
 * session that is gone, a hash stands for it: the numbers stay, the client's own words do not.
 *
 * @returns how many sessions were removed
 */
export async function eraseSessions(transaction: Database, projectId: string, sessionIds: string[]): Promise<number> {
  await sql`
    UPDATE session SET call_count = kept.calls, cost_usd = kept.cost_usd, first_call_id = kept.first_call_id,
      main_call_id = kept.main_call_id, last_call_id = kept.last_call_id
    FROM (
      SELECT session_id, count(*) AS calls, coalesce(sum(cost_usd), 0) AS cost_usd,
        min(call_id::text)::uuid AS first_call_id,
        (array_agg(call_id ORDER BY turn_shape LIKE '%-none-%', call_id))[1] AS main_call_id,
        max(call_id::text)::uuid AS last_call_id
      FROM call WHERE project_id = ${projectId} AND session_id = ANY(${sessionIds}::text[]) GROUP BY session_id
    ) kept
    WHERE session.project_id = ${projectId} AND session.session_id = kept.session_id`.execute(transaction);
  const { rows } = await sql<{ sessionId: string }>`
    DELETE FROM session WHERE project_id = ${projectId} AND session_id = ANY(${sessionIds}::text[])
      AND NOT EXISTS (SELECT 1 FROM call
        WHERE call.project_id = session.project_id AND call.session_id = session.session_id)
    RETURNING session_id`.execute(transaction);
  for (const { sessionId } of rows) await replaceName(transaction, projectId, sessionId);
  return rows.length;
}

async function replaceName(transaction: Database, projectId: string, sessionId: string): Promise<void> {
  const pseudonym = `erased-${sha256Hex(`${projectId}\u0000${sessionId}`).slice(0, PSEUDONYM_CHARACTERS)}`;
  await sql`
    UPDATE rollout_pair SET
      canary_session = CASE canary_session WHEN ${sessionId} THEN ${pseudonym} ELSE canary_session END,
      control_session = CASE control_session WHEN ${sessionId} THEN ${pseudonym} ELSE control_session END
    WHERE project_id = ${projectId} AND ${sessionId} IN (canary_session, control_session)`.execute(transaction);
  for (const table of ['rollout', 'alarm']) {
    await sql`
      UPDATE ${sql.table(table)}
      SET state = replace(state::text, to_json(${sessionId}::text)::text, to_json(${pseudonym}::text)::text)::jsonb
      WHERE project_id = ${projectId} AND position(to_json(${sessionId}::text)::text IN state::text) > 0`.execute(
      transaction,
    );
  }
}
