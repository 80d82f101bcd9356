import { sql } from 'kysely';
import { refreshClusters } from '../cluster-store.ts';
import type { Database } from '../connect.ts';

/** Clusters that are counted anew here are not made older by it. */
const NEVER_AGES_DAYS = 36_500;

/**
 * Takes the failures of calls out of their templates and clusters. A template that no failure is left of goes with its
 * text, and a cluster without a template with its title; whatever a cluster still has comes of other calls.
 *
 * @param sessions whose verdicts, which may quote these calls, go too
 * @returns how many failures were removed
 */
export async function eraseFailures(
  transaction: Database,
  projectId: string,
  callIds: string[],
  sessions: string[],
): Promise<number> {
  const removed = await sql<{ templateId: string }>`
    DELETE FROM failure_event WHERE project_id = ${projectId} AND (
      call_id = ANY(${callIds}::uuid[]) OR (pass = 'session' AND session_id = ANY(${sessions}::text[])))
    RETURNING template_id`.execute(transaction);
  const templateIds = [...new Set(removed.rows.map(({ templateId }) => templateId))].sort();
  if (templateIds.length === 0) return 0;
  const touched = await sql<{ clusterId: string }>`
    SELECT DISTINCT cluster_id FROM cluster_assignment WHERE template_id = ANY(${templateIds}::uuid[])`.execute(
    transaction,
  );
  await eraseTemplates(transaction, templateIds);
  await eraseClusters(
    transaction,
    touched.rows.map(({ clusterId }) => clusterId),
  );
  await refreshClusters(transaction, projectId, { templateIds, newForDays: NEVER_AGES_DAYS });
  return removed.rows.length;
}

async function eraseTemplates(transaction: Database, templateIds: string[]): Promise<void> {
  const isEmpty = sql`NOT EXISTS (SELECT 1 FROM failure_event event WHERE event.template_id = failure_template.template_id)`;
  // The title of a cluster may be made of the text of any of its templates.
  await sql`
    UPDATE failure_cluster SET title = initcap(replace(check_id, '_', ' ')) WHERE cluster_id IN (
      SELECT assignment.cluster_id FROM cluster_assignment assignment JOIN failure_template USING (template_id)
      WHERE failure_template.template_id = ANY(${templateIds}::uuid[]) AND ${isEmpty})`.execute(transaction);
  await sql`
    DELETE FROM cluster_assignment WHERE template_id IN (
      SELECT template_id FROM failure_template
      WHERE template_id = ANY(${templateIds}::uuid[]) AND ${isEmpty})`.execute(transaction);
  await sql`
    DELETE FROM failure_template WHERE template_id = ANY(${templateIds}::uuid[]) AND ${isEmpty}`.execute(transaction);
  await sql`
    UPDATE failure_template SET event_count = (
      SELECT count(*) FROM failure_event event WHERE event.template_id = failure_template.template_id)
    WHERE template_id = ANY(${templateIds}::uuid[])`.execute(transaction);
}

/** A search for a cluster that is gone has no subject any more: what it found proves nothing that could be shown. */
async function eraseClusters(transaction: Database, clusterIds: string[]): Promise<void> {
  const gone = await sql<{ clusterId: string }>`
    SELECT cluster_id FROM failure_cluster WHERE cluster_id = ANY(${clusterIds}::uuid[]) AND NOT EXISTS (
      SELECT 1 FROM cluster_assignment assignment WHERE assignment.cluster_id = failure_cluster.cluster_id)`.execute(
    transaction,
  );
  const ids = gone.rows.map(({ clusterId }) => clusterId);
  if (ids.length === 0) return;
  await sql`
    UPDATE prompt_run SET cluster_id = NULL, status = 'failed', state = '{}', result = '{"reason":"purged"}',
      finished_at = coalesce(finished_at, now())
    WHERE cluster_id = ANY(${ids}::uuid[])`.execute(transaction);
  await sql`DELETE FROM failure_cluster WHERE cluster_id = ANY(${ids}::uuid[])`.execute(transaction);
}
