import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/**
 * Notes which policies claim to mend a cluster: the first one that serves a prefix which was written for it. Safe to
 * repeat.
 */
export async function linkClaims(database: Database, projectId: string): Promise<void> {
  await sql`
    INSERT INTO cluster_claim (project_id, cluster_id, policy_id, kind, claimed_by, claimed_at)
    SELECT project_id, cluster_id, policy_id, 'prefix', author, created_at FROM (
      SELECT DISTINCT ON (prefix.prefix_id) prefix.project_id,
        coalesce(cluster.merged_into, cluster.cluster_id) AS cluster_id, policy.policy_id, policy.author, policy.created_at
      FROM prefix
      JOIN failure_cluster cluster ON cluster.cluster_id = prefix.cluster_id AND cluster.project_id = prefix.project_id
      JOIN policy ON policy.project_id = prefix.project_id AND jsonb_path_exists(policy.body,
        '$.routes[*].targets[*].prefixId ? (@ == $prefix)', jsonb_build_object('prefix', prefix.prefix_id))
      WHERE prefix.project_id = ${projectId} ORDER BY prefix.prefix_id, policy.number
    ) claim ON CONFLICT (cluster_id, policy_id) DO NOTHING`.execute(database);
}
