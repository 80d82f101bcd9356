import { sql } from 'kysely';
import type { Database } from '../connect.ts';

const HOUR_MS = 3_600_000;

/** Counts the calls of every hour from the one of a moment on, anew: a call may be stored hours after it was made. */
export async function refreshTraffic(database: Database, projectId: string, since: Date): Promise<void> {
  const from = new Date(Math.floor(since.getTime() / HOUR_MS) * HOUR_MS);
  await sql`
    INSERT INTO traffic_hour AS known (project_id, hour, turn_shape, provider, model, prefix_id, policy_id, calls)
    SELECT project_id, date_trunc('hour', started_at, 'UTC') AS hour, turn_shape, coalesce(provider, ''),
      coalesce(attempts -> -1 ->> 'model', response_model, ''), coalesce(prefix_id, ''), coalesce(policy_id, ''), count(*)
    FROM call WHERE project_id = ${projectId} AND source <> 'replay'
      AND call_id >= lowest_call_id(${from}::timestamptz) AND started_at >= ${from}
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (project_id, hour, turn_shape, provider, model, prefix_id, policy_id)
    DO UPDATE SET calls = excluded.calls WHERE known.calls <> excluded.calls`.execute(database);
}

/** The last hour whose calls are counted, or null when none is. */
export async function lastTrafficHour(database: Database, projectId: string): Promise<Date | null> {
  const row = await database
    .selectFrom('trafficHour')
    .select((build) => build.fn.max('hour').as('hour'))
    .where('projectId', '=', projectId)
    .executeTakeFirst();
  return row?.hour ?? null;
}

/** Removes hours that nothing is compared with any more. */
export async function dropOldHours(database: Database, projectId: string, before: Date): Promise<void> {
  for (const table of ['trafficHour', 'clusterHour'] as const) {
    await database.deleteFrom(table).where('projectId', '=', projectId).where('hour', '<', before).execute();
  }
  // Names of sessions are kept no longer than the sessions themselves.
  await sql`
    DELETE FROM cluster_session met WHERE project_id = ${projectId} AND last_at < ${before} AND NOT EXISTS (
      SELECT 1 FROM session WHERE session.project_id = met.project_id AND session.session_id = met.session_id)`.execute(
    database,
  );
  await sql`
    DELETE FROM replay_set_call kept WHERE project_id = ${projectId} AND added_at < ${before} AND NOT EXISTS (
      SELECT 1 FROM call WHERE call.call_id = kept.call_id AND call.project_id = kept.project_id)`.execute(database);
}
