import { sql } from 'kysely';
import type { ClusterAttribution } from '../../domain/failure-cluster.ts';
import { jsonText } from '../columns.ts';
import type { Database } from '../connect.ts';
import { titleWith } from './naming-store.ts';

/** Calls of one session that are alike in every dimension: how many could have failed this way, and how many did. */
export interface EligibleCell {
  readonly sessionId: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly prefix: string | null;
  readonly policy: string | null;
  readonly turnShape: string;
  readonly repo: string | null;
  readonly eligible: number;
  readonly failures: number;
}

/** More calls than this are thinned out, whole sessions at a time, so that rates stay what they are. */
const CALLS_MAX = 200_000;

/** Clusters that met enough new failures since it was last asked where they happen; those that wait longest first. */
export async function findUnattributed(
  database: Database,
  projectId: string,
  options: { readonly minSessions: number; readonly growth: number; readonly limit: number },
): Promise<readonly { readonly clusterId: string; readonly eventCount: number; readonly name: string }[]> {
  const { rows } = await sql<{ clusterId: string; eventCount: number; name: string }>`
    SELECT cluster_id, event_count, name FROM failure_cluster
    WHERE project_id = ${projectId} AND merged_into IS NULL AND session_count >= ${options.minSessions}
      AND status NOT IN ('ignored', 'archived') AND event_count > attributed_count * ${options.growth}::float8
    ORDER BY attributed_at NULLS FIRST, cluster_id LIMIT ${options.limit}`.execute(database);
  return rows;
}

/** The calls of the turn shapes of a cluster since a moment, by session and dimension, and which of them failed. */
export async function readEligibleCells(
  database: Database,
  projectId: string,
  clusterId: string,
  since: Date,
): Promise<readonly EligibleCell[]> {
  const shapes = sql`(SELECT value FROM cluster_dimension
    WHERE cluster_id = ${clusterId}::uuid AND dimension = 'turnShape')`;
  const { rows: counted } = await sql<{ calls: number }>`
    SELECT coalesce(sum(calls), 0)::float8 AS calls FROM traffic_hour
    WHERE project_id = ${projectId} AND hour >= ${since} AND turn_shape IN ${shapes}`.execute(database);
  const thinning = Math.max(1, Math.ceil((counted[0]?.calls ?? 0) / CALLS_MAX));
  const { rows } = await sql<EligibleCell>`
    SELECT call.session_id, call.provider, coalesce(call.attempts -> -1 ->> 'model', call.response_model) AS model,
      call.prefix_id AS prefix, call.policy_id AS policy, call.turn_shape, call.repo, count(*) AS eligible,
      count(failed.call_id) AS failures
    FROM call LEFT JOIN (
      SELECT DISTINCT event.call_id FROM cluster_assignment assignment JOIN failure_event event USING (template_id)
      WHERE assignment.cluster_id = ${clusterId}::uuid AND assignment.valid_to IS NULL
        AND event.project_id = ${projectId} AND event.happened_at >= ${since}
    ) failed ON failed.call_id = call.call_id
    WHERE call.project_id = ${projectId} AND call.source <> 'replay' AND call.turn_shape IN ${shapes}
      AND call.call_id >= lowest_call_id(${since}::timestamptz)
      AND mod(abs(hashtext(call.session_id)::bigint), ${thinning}::bigint) = 0
    GROUP BY 1, 2, 3, 4, 5, 6, 7`.execute(database);
  return rows;
}

/** Notes where a cluster happens, and says so in its title unless a person made that. */
export async function writeAttribution(
  database: Database,
  cluster: { readonly clusterId: string; readonly eventCount: number; readonly name: string },
  found: { readonly attribution: readonly ClusterAttribution[]; readonly place: string; readonly now: Date },
): Promise<void> {
  const { attribution, place, now } = found;
  await database
    .updateTable('failureCluster')
    .set({
      attribution: jsonText(attribution),
      attributedAt: now,
      attributedCount: cluster.eventCount,
      place,
      title: sql<string>`CASE WHEN name_source = 'human' THEN title
        WHEN name = ${cluster.name} THEN ${titleWith(cluster.name, place)} ELSE title END`,
    })
    .where('clusterId', '=', cluster.clusterId)
    .execute();
}
