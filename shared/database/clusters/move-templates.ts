import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** Where a template belongs from now on, and why. */
export interface TemplateMove {
  readonly templateId: string;
  readonly clusterId: string;
  readonly source: 'signature' | 'embedding' | 'recluster' | 'human';
  /** Cosine to the nearest exemplar of the cluster. */
  readonly score: number | null;
  /** Near, but not near enough to be sure. */
  readonly tentative: boolean;
  readonly runId?: string | null;
}

/**
 * Moves templates into clusters, with all of their failures, and counts both sides anew. A template that is there
 * already only has its score noted. Call it within a transaction that holds the clusters.
 */
export async function moveTemplates(
  transaction: Database,
  projectId: string,
  moves: readonly TemplateMove[],
): Promise<void> {
  if (moves.length === 0) return;
  const { rows: live } = await sql<{ templateId: string; clusterId: string }>`
    SELECT template_id, cluster_id FROM cluster_assignment
    WHERE valid_to IS NULL AND template_id = ANY(${moves.map(({ templateId }) => templateId)}::uuid[])`.execute(
    transaction,
  );
  const homeOf = new Map(live.map(({ templateId, clusterId }) => [templateId, clusterId]));
  const moving = moves.filter(({ templateId, clusterId }) => homeOf.get(templateId) !== clusterId);
  const staying = moves.filter(({ templateId, clusterId }) => homeOf.get(templateId) === clusterId);
  for (const { templateId, score, tentative } of staying) {
    await sql`
      UPDATE cluster_assignment SET score = ${score}, tentative = ${tentative}
      WHERE template_id = ${templateId}::uuid AND valid_to IS NULL
        AND (score IS DISTINCT FROM ${score} OR tentative <> ${tentative})`.execute(transaction);
  }
  if (moving.length === 0) return;
  const leaving = moving.flatMap(({ templateId }) => (homeOf.has(templateId) ? [templateId] : []));
  if (leaving.length > 0) {
    await sql`SELECT uncount_failures(${projectId}, failures_of(${leaving}::uuid[]))`.execute(transaction);
    await sql`
      UPDATE cluster_assignment SET valid_to = now() WHERE valid_to IS NULL
        AND template_id = ANY(${leaving}::uuid[])`.execute(transaction);
  }
  await transaction
    .insertInto('clusterAssignment')
    .values(
      moving.map(({ templateId, clusterId, source, score, tentative, runId }) => ({
        ...{ projectId, templateId, clusterId, source, score, tentative, runId: runId ?? null },
      })),
    )
    .execute();
  const arriving = moving.map(({ templateId }) => templateId);
  await sql`SELECT count_failures(${projectId}, failures_of(${arriving}::uuid[]))`.execute(transaction);
}
