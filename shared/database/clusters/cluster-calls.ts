import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** One failure of a cluster. */
export interface ClusterCall {
  readonly callId: string;
  readonly sessionId: string;
  readonly scorer: string;
  readonly pass: string;
  readonly templateId: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly prefixId: string | null;
  readonly policyId: string | null;
  readonly turnShape: string;
  readonly tool: string | null;
  readonly severity: string | null;
  readonly happenedAt: Date;
}

const EVENT = sql`event.call_id, event.session_id, event.scorer, event.pass, event.template_id, event.provider,
  event.model, event.prefix_id, event.policy_id, event.turn_shape, event.tool, event.severity, event.happened_at`;

/** Where the page before ended. */
export interface ClusterCallKey {
  readonly happenedAt: Date;
  readonly callId: string;
  readonly scorer: string;
}

/** Failures of a cluster, newest first; each template gives its newest, so that a page reads no more than it shows. */
export async function listClusterCalls(
  database: Database,
  projectId: string,
  clusterId: string,
  page: {
    readonly limit: number;
    readonly before?: ClusterCallKey | undefined;
    readonly policyId?: string | undefined;
    readonly provider?: string | undefined;
    readonly model?: string | undefined;
  },
): Promise<readonly ClusterCall[]> {
  const { before, policyId, provider, model, limit } = page;
  const moment = sql`date_trunc('milliseconds', event.happened_at)`;
  const isBefore =
    before === undefined
      ? sql`true`
      : sql`event.happened_at < ${new Date(before.happenedAt.getTime() + 1)}
          AND (${moment}, event.call_id, event.scorer) <
            (${before.happenedAt}::timestamptz, ${before.callId}::uuid, ${before.scorer})`;
  const isOf = (column: string, value: string | undefined) =>
    value === undefined ? sql`true` : sql`${sql.ref(`event.${column}`)} = ${value}`;
  const { rows } = await sql<ClusterCall>`
    SELECT newest.* FROM cluster_assignment assignment
    JOIN LATERAL (
      SELECT ${EVENT}, ${moment} AS moment FROM failure_event event
      WHERE event.template_id = assignment.template_id AND event.project_id = ${projectId} AND ${isBefore}
        AND ${isOf('policy_id', policyId)} AND ${isOf('provider', provider)} AND ${isOf('model', model)}
      ORDER BY event.happened_at DESC, event.call_id DESC LIMIT ${limit + PAGE_SLACK}
    ) newest ON true
    WHERE assignment.cluster_id = ${clusterId}::uuid AND assignment.project_id = ${projectId}
      AND assignment.valid_to IS NULL
    ORDER BY moment DESC, newest.call_id DESC, newest.scorer DESC LIMIT ${limit}`.execute(database);
  return rows.map(({ moment: _moment, ...call }: ClusterCall & { moment?: Date }) => call);
}

/** The index orders by moments finer than a page's edge: this many of one millisecond may come in another order. */
const PAGE_SLACK = 20;
