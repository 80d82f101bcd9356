import { sql } from 'kysely';
import type { ClusterStatus } from '../../domain/failure-cluster.ts';
import type { Database } from '../connect.ts';

/** What is known of a cluster when it is assessed. */
export interface AssessableCluster {
  readonly clusterId: string;
  readonly status: ClusterStatus;
  readonly statusSince: Date;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly resolvedAt: Date | null;
  readonly resolvedByPolicy: string | null;
  readonly resolvedRate: number | null;
  readonly turnShapes: readonly string[];
}

/** Hours as numbers since 1970, with counts: failures of sessions that had not failed before, or calls. */
export type HourCounts = ReadonlyMap<number, number>;

const HOUR_MS = 3_600_000;

/** Clusters whose status something could change. */
export async function readAssessableClusters(
  database: Database,
  projectId: string,
): Promise<readonly AssessableCluster[]> {
  const { rows } = await sql<AssessableCluster>`
    SELECT cluster_id, status, status_since, first_seen, last_seen, resolved_at, resolved_by_policy, resolved_rate,
      coalesce((SELECT array_agg(value ORDER BY value) FROM cluster_dimension place
        WHERE place.cluster_id = cluster.cluster_id AND place.dimension = 'turnShape'), '{}') AS turn_shapes
    FROM failure_cluster cluster WHERE project_id = ${projectId} AND merged_into IS NULL
    ORDER BY cluster_id`.execute(database);
  return rows;
}

/** By cluster: newly failing sessions per hour, and all failures of the last day. */
export async function readFailureHours(
  database: Database,
  projectId: string,
  options: { readonly since: Date; readonly dayAgo: Date },
): Promise<{
  readonly sessions: ReadonlyMap<string, HourCounts>;
  readonly recent: ReadonlyMap<string, number>;
}> {
  const rows = await database
    .selectFrom('clusterHour')
    .select(['clusterId', 'dimension', 'hour', 'events'])
    .where('projectId', '=', projectId)
    .where('dimension', 'in', ['', 'newSession'])
    .where('hour', '>=', options.since)
    .execute();
  const sessions = new Map<string, Map<number, number>>();
  const recent = new Map<string, number>();
  for (const { clusterId, dimension, hour, events } of rows) {
    if (dimension === 'newSession') {
      const hours = sessions.get(clusterId) ?? new Map<number, number>();
      sessions.set(clusterId, hours.set(hour.getTime() / HOUR_MS, events));
    } else if (hour >= options.dayAgo) recent.set(clusterId, (recent.get(clusterId) ?? 0) + events);
  }
  return { sessions, recent };
}

/** Calls per turn shape and hour. */
export async function readShapeHours(
  database: Database,
  projectId: string,
  since: Date,
): Promise<ReadonlyMap<string, HourCounts>> {
  const rows = await database
    .selectFrom('trafficHour')
    .select((build) => ['turnShape', 'hour', build.fn.sum<number>('calls').as('calls')])
    .where('projectId', '=', projectId)
    .where('hour', '>=', since)
    .groupBy(['turnShape', 'hour'])
    .execute();
  const shapes = new Map<string, Map<number, number>>();
  for (const { turnShape, hour, calls } of rows) {
    const hours = shapes.get(turnShape) ?? new Map<number, number>();
    shapes.set(turnShape, hours.set(hour.getTime() / HOUR_MS, Number(calls)));
  }
  return shapes;
}

/**
 * What came back of a resolved cluster: sessions that failed after it was resolved on the policy that mends it or a later
 * one, and the calls that could have. Without a policy all later traffic counts.
 */
export async function readSinceResolved(
  database: Database,
  projectId: string,
  cluster: Pick<AssessableCluster, 'clusterId' | 'resolvedByPolicy' | 'turnShapes'> & { readonly resolvedAt: Date },
): Promise<{ readonly sessions: number; readonly calls: number }> {
  const { clusterId, resolvedAt, resolvedByPolicy } = cluster;
  const policies = sql`(SELECT policy_id FROM policy WHERE project_id = ${projectId} AND number >= (
    SELECT number FROM policy WHERE project_id = ${projectId} AND policy_id = ${resolvedByPolicy}))`;
  const isServed = resolvedByPolicy === null ? sql`true` : sql`policy_id IN ${policies}`;
  const { rows } = await sql<{ sessions: number; calls: number }>`
    SELECT (
      SELECT count(DISTINCT event.session_id) FROM cluster_assignment assignment
      JOIN failure_event event USING (template_id)
      WHERE assignment.cluster_id = ${clusterId}::uuid AND assignment.valid_to IS NULL
        AND event.happened_at > ${resolvedAt} AND ${isServed}
    ) AS sessions, (
      SELECT coalesce(sum(calls), 0)::float8 FROM traffic_hour WHERE project_id = ${projectId}
        AND hour >= date_trunc('hour', ${resolvedAt}::timestamptz, 'UTC')
        AND turn_shape = ANY(${[...cluster.turnShapes]}::text[]) AND ${isServed}
    ) AS calls`.execute(database);
  return rows[0] ?? { sessions: 0, calls: 0 };
}
