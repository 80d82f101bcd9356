import { sql } from 'kysely';
import { type CountedFailure, holdClusters, uncountFailures } from '../clusters/count-failures.ts';
import type { Database } from '../connect.ts';

/**
 * Takes the failures of calls out of their templates and clusters. A template that no failure is left of goes with its
 * text, its vector and its pins, and a cluster without a template with its title and what was said of it; whatever a
 * cluster still has comes of other calls.
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
  await holdClusters(transaction, projectId);
  await sql`
    DELETE FROM replay_set_call WHERE project_id = ${projectId} AND call_id = ANY(${callIds}::uuid[])`.execute(
    transaction,
  );
  const { rows: removed } = await sql<CountedFailure>`
    DELETE FROM failure_event WHERE project_id = ${projectId} AND (
      call_id = ANY(${callIds}::uuid[]) OR (pass = 'session' AND session_id = ANY(${sessions}::text[])))
    RETURNING template_id, session_id, provider, model, prefix_id, policy_id, turn_shape, tool, repo, severity,
      happened_at`.execute(transaction);
  if (removed.length === 0) return 0;
  await uncountFailures(transaction, projectId, removed);
  const templateIds = [...new Set(removed.map(({ templateId }) => templateId))].sort();
  const { rows: touched } = await sql<{ clusterId: string }>`
    SELECT DISTINCT cluster_id FROM cluster_assignment WHERE template_id = ANY(${templateIds}::uuid[])`.execute(
    transaction,
  );
  const clusterIds = touched.map(({ clusterId }) => clusterId);
  await eraseTemplates(transaction, templateIds);
  await eraseClusters(transaction, clusterIds);
  await redate(transaction, clusterIds);
  return removed.length;
}

async function eraseTemplates(transaction: Database, templateIds: string[]): Promise<void> {
  const { rows } = await sql<{ templateId: string }>`
    SELECT template_id FROM failure_template template WHERE template_id = ANY(${templateIds}::uuid[])
      AND NOT EXISTS (SELECT 1 FROM failure_event event WHERE event.template_id = template.template_id)`.execute(
    transaction,
  );
  const gone = rows.map(({ templateId }) => templateId);
  await forgetWords(transaction, gone);
  await sql`DELETE FROM cluster_assignment WHERE template_id = ANY(${gone}::uuid[])`.execute(transaction);
  await sql`DELETE FROM failure_template WHERE template_id = ANY(${gone}::uuid[])`.execute(transaction);
  await sql`
    UPDATE failure_template SET event_count = (
      SELECT count(*) FROM failure_event event WHERE event.template_id = failure_template.template_id)
    WHERE template_id = ANY(${templateIds}::uuid[])`.execute(transaction);
}

/** What a cluster is called, and was told of, may be made of the text of any of its templates. */
async function forgetWords(transaction: Database, templateIds: string[]): Promise<void> {
  const { rows } = await sql<{ clusterId: string }>`
    UPDATE failure_cluster SET name = initcap(replace(check_id, '_', ' ')), title = initcap(replace(check_id, '_', ' ')),
      place = '', name_source = 'keywords', named_members = '{}', rubric = NULL, suspected_layer = NULL
    WHERE cluster_id IN (SELECT cluster_id FROM cluster_assignment WHERE template_id = ANY(${templateIds}::uuid[]))
    RETURNING cluster_id`.execute(transaction);
  const ids = rows.map(({ clusterId }) => clusterId);
  await sql`DELETE FROM cluster_name WHERE cluster_id = ANY(${ids}::uuid[])`.execute(transaction);
  await sql`DELETE FROM webhook_event WHERE subject = ANY(${ids}::text[]) AND type LIKE 'cluster.%'`.execute(
    transaction,
  );
}

/** The failures that a cluster began and ended with may be among those that are gone. */
async function redate(transaction: Database, clusterIds: string[]): Promise<void> {
  await sql`
    UPDATE failure_cluster cluster SET first_seen = left_over.first_seen, last_seen = left_over.last_seen
    FROM (
      SELECT assignment.cluster_id, min(met.first_seen) AS first_seen, max(met.last_seen) AS last_seen
      FROM cluster_assignment assignment JOIN LATERAL (
        SELECT min(happened_at) AS first_seen, max(happened_at) AS last_seen FROM failure_event event
        WHERE event.template_id = assignment.template_id
      ) met ON met.first_seen IS NOT NULL
      WHERE assignment.cluster_id = ANY(${clusterIds}::uuid[]) AND assignment.valid_to IS NULL
      GROUP BY assignment.cluster_id
    ) left_over WHERE cluster.cluster_id = left_over.cluster_id`.execute(transaction);
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
