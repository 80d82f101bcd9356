import { sql } from 'kysely';
import type { Database } from './connect.ts';

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

/** The first call of the same session and agent that sends the same conversation again; null when none does. */
export async function findClientRetry(
  database: Database,
  projectId: string,
  callId: string,
): Promise<ClientRetry | null> {
  const { rows } = await sql<ClientRetry>`
    SELECT again.call_id AS "callId", (extract(epoch FROM again.started_at - first.started_at) * 1000)::float8 AS "afterMs",
      coalesce((first.completeness->>'streamed')::boolean, false) AS "wasStreamed",
      coalesce((again.completeness->>'streamed')::boolean, false) AS "isStreamed"
    FROM call AS first JOIN call AS again
      ON again.project_id = first.project_id AND again.session_id = first.session_id AND again.call_id > first.call_id
        AND again.transcript_head = first.transcript_head AND again.agent_id IS NOT DISTINCT FROM first.agent_id
        AND again.started_at <= first.started_at + ${RETRY_WITHIN}::interval AND again.source <> 'replay'
    WHERE first.project_id = ${projectId} AND first.call_id = ${callId}
    ORDER BY again.call_id LIMIT 1`.execute(database);
  return rows[0] ?? null;
}
