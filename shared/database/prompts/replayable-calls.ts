import { sql } from 'kysely';
import type { Database } from '../connect.ts';
import { IS_NO_LOSS_SCORE } from '../loss-store.ts';

/** A stored call that could be sent again. */
export interface ReplayableCall {
  readonly callId: string;
  readonly sessionId: string;
  readonly keyId: string | null;
  readonly transcriptHead: string;
  /** Equal for calls whose last message is the same, whatever went before: a client that tries again, a stock phrase. */
  readonly tail: string;
  readonly failing: boolean;
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
}

export interface ReplayableCell {
  readonly clusterId: string;
  readonly turnShape: string;
  readonly model: string;
}

interface ReplayableWindow {
  readonly since: Date;
  readonly asOf: Date;
  readonly failingMax: number;
  readonly passingMax: number;
}

type CallRow = Omit<ReplayableCall, 'failing'>;

/** Of what people have kept for a cluster, the newest; a search takes far fewer. */
const KEPT_MAX = 1_000;

/**
 * Calls of a turn shape on a model: those that failed as the cluster says, and those of which nothing failed at all. What
 * people have put into a replay set for the cluster comes first, then the newest. Only calls whose content is there can
 * be sent again.
 */
export async function readReplayableCalls(
  database: Database,
  projectId: string,
  cell: ReplayableCell,
  window: ReplayableWindow,
): Promise<ReplayableCall[]> {
  const kept = await readKeptCalls(database, projectId, cell.clusterId);
  const chosen = kept.length === 0 ? [] : await readCalls(database, projectId, cell, window, kept);
  const others = await readCalls(database, projectId, cell, window, null);
  const known = new Set(chosen.map((call) => call.callId));
  return [...chosen, ...others.filter((call) => !known.has(call.callId))];
}

async function readKeptCalls(database: Database, projectId: string, clusterId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ callId: string }>`
    SELECT DISTINCT call_id FROM replay_set_call WHERE project_id = ${projectId} AND cluster_id = ${clusterId}::uuid
    ORDER BY call_id DESC LIMIT ${KEPT_MAX}`.execute(database);
  return rows.map(({ callId }) => callId);
}

/** @param among only these calls; null for any */
async function readCalls(
  database: Database,
  projectId: string,
  cell: ReplayableCell,
  window: ReplayableWindow,
  among: readonly string[] | null,
): Promise<ReplayableCall[]> {
  const columns = sql`call.call_id AS "callId", call.session_id AS "sessionId", call.key_id AS "keyId",
    encode(call.transcript_head, 'hex') AS "transcriptHead",
    coalesce((SELECT encode(node.block_key, 'hex') FROM transcript_node node WHERE node.project_id = call.project_id
      AND node.week = week_of_call(call.call_id) AND node.node_hash = call.transcript_head), encode(call.transcript_head, 'hex'))
      AS tail,
    coalesce(call.input_tokens, call.input_tokens_estimate) AS "inputTokens",
    coalesce(call.cache_read_input_tokens, 0) AS "cacheReadInputTokens",
    coalesce(call.output_tokens, 0) AS "outputTokens", call.cost_usd AS "costUsd"`;
  const meant = sql`call.project_id = ${projectId} AND call.source <> 'replay' AND call.transcript_head IS NOT NULL
    AND EXISTS (SELECT 1 FROM session WHERE session.project_id = call.project_id AND session.session_id = call.session_id
      AND session.turn_shape = ${cell.turnShape}) AND call.call_id >= lowest_call_id(${window.since}::timestamptz)
    AND call.stored_at <= ${window.asOf}
    AND coalesce(call.attempts -> -1 ->> 'model', call.response_model) = ${cell.model}
    ${among === null ? sql`` : sql`AND call.call_id = ANY(${[...among]}::uuid[])`}`;
  const failing = await sql<CallRow>`
    SELECT ${columns} FROM call WHERE ${meant} AND EXISTS (
      SELECT 1 FROM failure_event event JOIN cluster_assignment assignment USING (template_id)
      WHERE event.call_id = call.call_id AND event.project_id = call.project_id AND event.pass = 'call'
        AND assignment.cluster_id = ${cell.clusterId}::uuid AND assignment.valid_to IS NULL)
    ORDER BY call.call_id DESC LIMIT ${window.failingMax}`.execute(database);
  const passing = await sql<CallRow>`
    SELECT ${columns} FROM call WHERE ${meant} AND call.status = 'ok'
      AND EXISTS (SELECT 1 FROM scoring_run WHERE scoring_run.call_id = call.call_id
        AND scoring_run.project_id = call.project_id)
      AND NOT EXISTS (SELECT 1 FROM score WHERE score.call_id = call.call_id AND score.project_id = call.project_id
        AND score.outcome = 'fail' AND ${IS_NO_LOSS_SCORE})
    ORDER BY call.call_id DESC LIMIT ${window.passingMax}`.execute(database);
  return [
    ...failing.rows.map((row) => ({ ...row, failing: true })),
    ...passing.rows.map((row) => ({ ...row, failing: false })),
  ];
}
