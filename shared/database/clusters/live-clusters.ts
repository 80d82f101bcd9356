import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** A standing cluster with its templates, heaviest first. */
export interface LiveClusterRow {
  readonly clusterId: string;
  readonly stage: string;
  readonly check: string;
  readonly createdAt: Date;
  readonly exemplars: readonly string[];
  readonly templateIds: readonly string[];
}

/** The standing clusters of a project that hold templates. */
export async function readLiveClusters(database: Database, projectId: string): Promise<readonly LiveClusterRow[]> {
  const { rows } = await sql<LiveClusterRow>`
    SELECT cluster.cluster_id, cluster.stage, cluster.check_id AS "check", cluster.created_at, cluster.exemplars,
      array_agg(template.template_id ORDER BY template.event_count DESC, template.template_id) AS template_ids
    FROM failure_cluster cluster
    JOIN cluster_assignment assignment ON assignment.cluster_id = cluster.cluster_id AND assignment.valid_to IS NULL
    JOIN failure_template template USING (template_id)
    WHERE cluster.project_id = ${projectId} AND cluster.merged_into IS NULL
    GROUP BY cluster.cluster_id ORDER BY cluster.created_at, cluster.cluster_id`.execute(database);
  return rows;
}

/** The templates that a cluster holds. */
export async function readLiveTemplates(transaction: Database, clusterId: string): Promise<readonly string[]> {
  const rows = await transaction
    .selectFrom('clusterAssignment')
    .select('templateId')
    .where('clusterId', '=', clusterId)
    .where('validTo', 'is', null)
    .orderBy('templateId')
    .execute();
  return rows.map(({ templateId }) => templateId);
}

/** Which of some templates no cluster holds. */
export async function stillLoose(transaction: Database, templateIds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ templateId: string }>`
    SELECT template.template_id FROM failure_template template
    WHERE template.template_id = ANY(${[...templateIds]}::uuid[]) AND NOT EXISTS (
      SELECT 1 FROM cluster_assignment assignment
      WHERE assignment.template_id = template.template_id AND assignment.valid_to IS NULL)`.execute(transaction);
  return new Set(rows.map(({ templateId }) => templateId));
}

/** Notes which templates stand for a cluster, best first. */
export async function writeExemplars(
  transaction: Database,
  clusterId: string,
  exemplars: readonly string[],
): Promise<void> {
  await transaction
    .updateTable('failureCluster')
    .set({ exemplars: sql<string[]>`${[...exemplars]}::uuid[]` })
    .where('clusterId', '=', clusterId)
    .execute();
}
