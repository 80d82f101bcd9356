import { sql } from 'kysely';
import type { Database } from './connect.ts';
import { LATER_CALLS_MAX } from './later-calls.ts';

/** A later call with the same conversation: its client asked again instead of going on. */
export interface ClientRetry {
  readonly callId: string;
  readonly afterMs: number;
  /** Whether the first call was answered as a stream, and the second one. */
  readonly wasStreamed: boolean;
  readonly isStreamed: boolean;
}

/** Who asks the same thing again later than this has a reason of their own. */
const RETRY_WITHIN = '10 minutes';

/**
 * For each call the first one of the same session and agent that sends the same conversation again; null where none
 * does. Answers in the order of the calls.
 */
export async function findClientRetries(
  database: Database,
  projectId: string,
  callIds: readonly string[],
): Promise<readonly (ClientRetry | null)[]> {
  const { rows } = await sql<ClientRetry & { readonly firstCallId: string }>`
    SELECT first.call_id AS "firstCallId", again.call_id AS "callId",
      (extract(epoch FROM again.started_at - first.started_at) * 1000)::float8 AS "afterMs",
      coalesce((first.completeness->>'streamed')::boolean, false) AS "wasStreamed",
      coalesce((again.completeness->>'streamed')::boolean, false) AS "isStreamed"
    FROM call AS first CROSS JOIN LATERAL (
      SELECT call_id, started_at, completeness FROM (
        SELECT * FROM call WHERE project_id = first.project_id AND session_id = first.session_id
          AND call_id > first.call_id
        ORDER BY call_id LIMIT ${LATER_CALLS_MAX}
      ) AS later
      WHERE later.transcript_head = first.transcript_head AND later.agent_id IS NOT DISTINCT FROM first.agent_id
        AND later.started_at <= first.started_at + ${RETRY_WITHIN}::interval AND later.source <> 'replay'
      ORDER BY later.call_id LIMIT 1
    ) AS again
    WHERE first.project_id = ${projectId} AND first.call_id = ANY(${[...callIds]}::uuid[])`.execute(database);
  const found = new Map(rows.map(({ firstCallId, ...retry }) => [firstCallId, retry]));
  return callIds.map((callId) => found.get(callId) ?? null);
}
