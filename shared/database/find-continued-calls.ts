import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** What is asked: which stored call does this one continue? */
export interface Continuation {
  readonly projectId: string;
  readonly callId: string;
  /** The node behind the last delivered answer in the call's history. */
  readonly node: Buffer;
  /** What the tool calls of that answer are known by. */
  readonly toolUseKey: Buffer | null;
  readonly sessionId: string;
  readonly keyId: string | null;
}

/** The call that is continued. */
export interface ContinuedCall {
  readonly callId: string;
  readonly sessionId: string;
}

/**
 * For each question the call whose answer ends at the node: of the same session before any other, and then the newest
 * one before the asking call. Within a session the ids of its tool calls are enough, because clients complete their
 * arguments. Another session's call counts only under the same key, because equal openings of two developers are no
 * continuation.
 */
export async function findContinuedCalls(
  database: Database,
  questions: readonly Continuation[],
): Promise<ReadonlyMap<string, ContinuedCall>> {
  if (questions.length === 0) return new Map();
  const { rows } = await sql<{ askedBy: string; callId: string; sessionId: string }>`
    SELECT question.call_id AS asked_by, found.call_id, found.session_id
    FROM unnest(
      ${questions.map((question) => question.projectId)}::text[],
      ${questions.map((question) => question.callId)}::uuid[],
      ${questions.map((question) => question.node)}::bytea[],
      ${questions.map((question) => question.toolUseKey)}::bytea[],
      ${questions.map((question) => question.sessionId)}::text[],
      ${questions.map((question) => question.keyId)}::uuid[]
    ) AS question (project_id, call_id, node, tool_use_key, session_id, key_id)
    CROSS JOIN LATERAL (
      (SELECT call_id, session_id, 0 AS distance FROM call
        WHERE project_id = question.project_id AND response_node = question.node
          AND session_id = question.session_id AND call_id < question.call_id
        ORDER BY call_id DESC LIMIT 1)
      UNION ALL
      (SELECT call_id, session_id, 1 AS distance FROM call
        WHERE project_id = question.project_id AND session_id = question.session_id
          AND tool_use_key = question.tool_use_key AND call_id < question.call_id
        ORDER BY call_id DESC LIMIT 1)
      UNION ALL
      (SELECT call_id, session_id, 2 AS distance FROM call
        WHERE project_id = question.project_id AND response_node = question.node
          AND key_id IS NOT DISTINCT FROM question.key_id AND call_id < question.call_id
        ORDER BY call_id DESC LIMIT 1)
      ORDER BY distance LIMIT 1
    ) AS found`.execute(database);
  return new Map(rows.map(({ askedBy, callId, sessionId }) => [askedBy, { callId, sessionId }]));
}
