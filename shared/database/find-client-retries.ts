import { sql } from 'kysely';
import { storableText } from './columns.ts';
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

const RETRY_COLUMNS = sql`first.call_id AS "firstCallId", again.call_id AS "callId",
  (extract(epoch FROM again.started_at - first.started_at) * 1000)::float8 AS "afterMs",
  coalesce((first.completeness->>'streamed')::boolean, false) AS "wasStreamed",
  coalesce((again.completeness->>'streamed')::boolean, false) AS "isStreamed"`;

type FoundRetry = ClientRetry & { readonly firstCallId: string };

/**
 * For each call the first one of the same session and agent that sends the same conversation again; null where none
 * does. Answers in the order of the calls.
 */
export async function findClientRetries(
  database: Database,
  projectId: string,
  callIds: readonly string[],
): Promise<readonly (ClientRetry | null)[]> {
  const { rows } = await sql<FoundRetry>`
    SELECT ${RETRY_COLUMNS}
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
  const found = byFirstCall(rows);
  return callIds.map((callId) => found.get(callId) ?? null);
}

/**
 * The same for all calls of a session, by the first one, in one reading of it: however many they are, none is searched
 * for its own.
 */
export async function findSessionRetries(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<ReadonlyMap<string, ClientRetry>> {
  const { rows } = await sql<FoundRetry>`
    WITH session_call AS (
      SELECT call_id, started_at, completeness,
        lead(call_id) OVER (PARTITION BY transcript_head, agent_id ORDER BY call_id) AS again_id
      FROM call
      WHERE project_id = ${projectId} AND session_id = ${storableText(sessionId)}
        AND transcript_head IS NOT NULL AND source <> 'replay'
    )
    SELECT ${RETRY_COLUMNS}
    FROM session_call AS first JOIN session_call AS again ON again.call_id = first.again_id
    WHERE again.started_at <= first.started_at + ${RETRY_WITHIN}::interval`.execute(database);
  return byFirstCall(rows);
}

function byFirstCall(rows: readonly FoundRetry[]): ReadonlyMap<string, ClientRetry> {
  return new Map(rows.map(({ firstCallId, ...retry }) => [firstCallId, retry]));
}
