import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/**
 * Failures of one fixable cluster on one model in one turn shape, under one prefix. The shape is the session's, of its
 * main call: it is what routes all of it, and so what a prefix can be put on.
 */
export interface FixableFailures {
  readonly clusterId: string;
  readonly check: string;
  readonly stage: string;
  readonly expectedVsActual: string;
  readonly turnShape: string;
  readonly model: string;
  /** What the failing calls were served with; null for none. */
  readonly prefixId: string | null;
  readonly failures: number;
  readonly sessions: number;
  /** Failures that show in the answer itself, so that sending the call again can show whether they are gone. */
  readonly replayable: number;
  /** True when a judge found them, whose rubric is the check. */
  readonly judged: boolean;
  /** Calls of such sessions on the model in the same time, failing or not. */
  readonly calls: number;
}

export interface FixableWindow {
  readonly since: Date;
  readonly asOf: Date;
  readonly minSessions: number;
  /** Only this cluster, whatever its status and however few its sessions. */
  readonly clusterId?: string | undefined;
}

const FIXABLE_MAX = 50;

/** What a prefix could cure, most failures first. */
export async function readFixableFailures(
  database: Database,
  projectId: string,
  window: FixableWindow,
): Promise<FixableFailures[]> {
  const meant =
    window.clusterId === undefined
      ? sql`cluster.prefix_fixable AND cluster.status NOT IN ('resolved', 'archived', 'ignored')`
      : sql`cluster.cluster_id = ${window.clusterId}::uuid`;
  const rows = await sql<FixableFailures>`
    WITH cell AS (
      SELECT cluster.cluster_id, cluster.check_id, cluster.stage, min(template.expected_vs_actual) AS expected_vs_actual,
        session.turn_shape, event.model, event.prefix_id, count(*) AS failures,
        count(DISTINCT event.session_id) AS sessions, count(*) FILTER (WHERE event.pass = 'call') AS replayable,
        min(event.call_id::text)::uuid AS example_call, min(event.scorer) AS example_scorer
      FROM failure_cluster cluster
      JOIN cluster_assignment assignment ON assignment.cluster_id = cluster.cluster_id AND assignment.valid_to IS NULL
      JOIN failure_template template USING (template_id)
      JOIN failure_event event USING (template_id)
      JOIN session ON session.project_id = event.project_id AND session.session_id = event.session_id
      WHERE cluster.project_id = ${projectId} AND ${meant} AND event.model IS NOT NULL
        AND event.happened_at >= ${window.since} AND event.happened_at <= ${window.asOf}
      GROUP BY cluster.cluster_id, cluster.check_id, cluster.stage, session.turn_shape, event.model, event.prefix_id
      HAVING count(DISTINCT event.session_id) >= ${window.minSessions}
      ORDER BY count(*) DESC, cluster.cluster_id, event.model, session.turn_shape LIMIT ${FIXABLE_MAX}
    )
    SELECT cell.cluster_id AS "clusterId", check_id AS "check", stage, expected_vs_actual AS "expectedVsActual",
      cell.turn_shape AS "turnShape", model, cell.prefix_id AS "prefixId", failures, sessions, replayable,
      EXISTS (SELECT 1 FROM score WHERE score.project_id = ${projectId} AND score.call_id = example_call
        AND score.scorer = example_scorer AND score.judge IS NOT NULL) AS judged,
      (SELECT count(*) FROM call JOIN session USING (project_id, session_id)
        WHERE call.project_id = ${projectId} AND call.source <> 'replay' AND session.turn_shape = cell.turn_shape AND call.call_id >= lowest_call_id(${window.since}::timestamptz)
        AND coalesce(call.attempts -> -1 ->> 'model', call.response_model) = cell.model) AS calls
    FROM cell ORDER BY failures DESC, cell.cluster_id, model, cell.turn_shape`.execute(database);
  return rows.rows;
}
