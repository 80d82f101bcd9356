import { sql } from 'kysely';
import { TrimtabError } from '../../errors.ts';
import { appendAudit } from '../audit-log.ts';
import type { Database } from '../connect.ts';
import { holdClusters } from './count-failures.ts';
import { moveTemplates } from './move-templates.ts';
import { pinTogether } from './pin-store.ts';

/** Who changes a cluster, and why, as the audit log has it. */
export interface ClusterChange {
  readonly projectId: string;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Merges clusters into one that stays, by a person's word: no night takes it back. The merged ones redirect to it for
 * ever.
 *
 * @throws TrimtabError `not_found` for a cluster that is not, `conflict` for one that is merged already
 */
export async function mergeClusters(
  database: Database,
  change: ClusterChange,
  merge: { readonly into: string; readonly clusterIds: readonly string[] },
): Promise<void> {
  const { projectId, actor, reason } = change;
  const others = [...new Set(merge.clusterIds)].filter((id) => id !== merge.into);
  if (others.length === 0) throw new TrimtabError('invalid_request', 'a cluster cannot be merged into itself');
  await database.transaction().execute(async (transaction) => {
    await holdClusters(transaction, projectId);
    for (const id of [merge.into, ...others]) await requireLive(transaction, projectId, id);
    const { rows } = await sql<{ templateId: string; clusterId: string }>`
      SELECT assignment.template_id, assignment.cluster_id FROM cluster_assignment assignment
      JOIN failure_template template USING (template_id)
      WHERE assignment.cluster_id = ANY(${[merge.into, ...others]}::uuid[]) AND assignment.valid_to IS NULL
      ORDER BY assignment.cluster_id = ${merge.into}::uuid DESC, template.event_count DESC, template_id`.execute(
      transaction,
    );
    await pinTogether(
      transaction,
      projectId,
      rows.map(({ templateId }) => templateId),
      actor,
    );
    await noteMerges(transaction, { projectId, actor, runId: null }, { into: merge.into, clusterIds: others });
    await moveTemplates(
      transaction,
      projectId,
      rows
        .filter(({ clusterId }) => clusterId !== merge.into)
        .map(({ templateId }) => {
          return { templateId, clusterId: merge.into, source: 'human', score: null, tentative: false };
        }),
    );
    const entry = { projectId, actor, reason, subject: merge.into, details: { clusterIds: others } };
    await appendAudit(transaction, { ...entry, action: 'cluster.merged' });
  });
}

/** Writes down that clusters went into another, before their templates move. */
export async function noteMerges(
  transaction: Database,
  by: { readonly projectId: string; readonly actor: string; readonly runId: string | null },
  merge: { readonly into: string; readonly clusterIds: readonly string[] },
): Promise<void> {
  const ids = [...merge.clusterIds];
  await sql`
    INSERT INTO cluster_lineage (project_id, parent_id, child_id, operation, event_count, actor, run_id)
    SELECT project_id, cluster_id, ${merge.into}::uuid, 'merge', event_count, ${by.actor}, ${by.runId}::uuid
    FROM failure_cluster WHERE cluster_id = ANY(${ids}::uuid[])`.execute(transaction);
  await sql`
    UPDATE failure_cluster SET merged_into = ${merge.into}::uuid WHERE cluster_id = ANY(${ids}::uuid[])`.execute(
    transaction,
  );
  // What was said of them is found where they are now.
  await sql`
    UPDATE cluster_comment SET cluster_id = ${merge.into}::uuid WHERE cluster_id = ANY(${ids}::uuid[])`.execute(
    transaction,
  );
}

export async function requireLive(transaction: Database, projectId: string, clusterId: string): Promise<void> {
  const row = await transaction
    .selectFrom('failureCluster')
    .select('mergedInto')
    .where('projectId', '=', projectId)
    .where('clusterId', '=', clusterId)
    .executeTakeFirst();
  if (row === undefined) throw new TrimtabError('not_found', `there is no cluster ${clusterId}`);
  if (row.mergedInto !== null) {
    throw new TrimtabError('conflict', `cluster ${clusterId} is merged into ${row.mergedInto}`);
  }
}
