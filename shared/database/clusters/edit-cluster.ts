import { sql } from 'kysely';
import type { AuditAction } from '../../domain/audit-event.ts';
import { TrimtabError } from '../../errors.ts';
import { appendAudit } from '../audit-log.ts';
import { storableText } from '../columns.ts';
import type { Database } from '../connect.ts';
import { type ClusterChange, requireLive } from './merge-clusters.ts';

const LABELS_MAX = 20;

/** Gives a cluster to somebody, or to nobody. */
export async function assignCluster(
  database: Database,
  change: ClusterChange,
  clusterId: string,
  assignee: string | null,
): Promise<void> {
  await edit(database, change, clusterId, 'cluster.assigned', { assignee }, async (transaction) => {
    const said = { assignee: assignee === null ? null : storableText(assignee) };
    await transaction.updateTable('failureCluster').set(said).where('clusterId', '=', clusterId).execute();
  });
}

/**
 * Adds labels to a cluster and takes others off.
 *
 * @throws TrimtabError `conflict` when it would have more than 20
 */
export async function labelCluster(
  database: Database,
  change: ClusterChange,
  clusterId: string,
  labels: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<void> {
  const [add, remove] = [labels.add.map(storableText), labels.remove.map(storableText)];
  await edit(database, change, clusterId, 'cluster.labelled', { ...labels }, async (transaction) => {
    const { rows } = await sql<{ labels: string[] }>`
      UPDATE failure_cluster SET labels = coalesce((
        SELECT array_agg(DISTINCT label ORDER BY label) FROM unnest(labels || ${add}::text[]) AS each (label)
        WHERE label <> ALL(${remove}::text[])), '{}')
      WHERE cluster_id = ${clusterId}::uuid RETURNING labels`.execute(transaction);
    if ((rows[0]?.labels.length ?? 0) > LABELS_MAX) {
      throw new TrimtabError('conflict', `a cluster has ${LABELS_MAX} labels at the most`);
    }
  });
}

/** Names a cluster by a person's word: no night and no model names it again. Its slug stays. */
export async function renameCluster(
  database: Database,
  change: ClusterChange,
  clusterId: string,
  name: string,
): Promise<void> {
  // The name is not in the audit log, which nothing is ever erased from: it may quote what was said.
  await edit(database, change, clusterId, 'cluster.renamed', {}, async (transaction) => {
    await transaction
      .updateTable('failureCluster')
      .set({ name: storableText(name), title: storableText(name), nameSource: 'human' })
      .where('clusterId', '=', clusterId)
      .execute();
  });
}

export interface ClusterComment {
  readonly commentId: string;
  readonly author: string;
  readonly body: string;
  readonly createdAt: Date;
}

/** Keeps what somebody says of a cluster. Its text goes with the cluster when that is erased. */
export async function commentCluster(
  database: Database,
  change: ClusterChange,
  clusterId: string,
  body: string,
): Promise<ClusterComment> {
  return await edit(database, change, clusterId, 'cluster.commented', {}, (transaction) =>
    transaction
      .insertInto('clusterComment')
      .values({ projectId: change.projectId, clusterId, author: change.actor, body: storableText(body) })
      .returning(['commentId', 'author', 'body', 'createdAt'])
      .executeTakeFirstOrThrow(),
  );
}

/**
 * Notes that a policy claims to mend a cluster. Said again, it stays as it is.
 *
 * @throws TrimtabError `not_found` for a policy that is not
 */
export async function claimCluster(
  database: Database,
  change: ClusterChange,
  clusterId: string,
  claim: { readonly policyId: string; readonly kind: 'prefix' | 'routing' | 'other' },
): Promise<void> {
  const { projectId, actor } = change;
  await edit(database, change, clusterId, 'cluster.claimed', { ...claim }, async (transaction) => {
    await requirePolicy(transaction, projectId, claim.policyId);
    await transaction
      .insertInto('clusterClaim')
      .values({ projectId, clusterId, ...claim, claimedBy: actor })
      .onConflict((conflict) => conflict.columns(['clusterId', 'policyId']).doNothing())
      .execute();
  });
}

/**
 * Keeps calls for replaying. All must be failures of the cluster.
 *
 * @returns how many were not in the replay set before
 */
export async function keepForReplay(
  database: Database,
  change: ClusterChange,
  clusterId: string,
  kept: { readonly replaySet: string; readonly callIds: readonly string[] },
): Promise<number> {
  const { projectId, actor } = change;
  const ids = [...new Set(kept.callIds)];
  const details = { replaySet: kept.replaySet, callIds: ids };
  return await edit(database, change, clusterId, 'cluster.call_kept', details, async (transaction) => {
    const { rows } = await sql<{ calls: number }>`
      SELECT count(DISTINCT event.call_id) AS calls FROM failure_event event
      JOIN cluster_assignment assignment ON assignment.template_id = event.template_id AND assignment.valid_to IS NULL
      WHERE assignment.cluster_id = ${clusterId}::uuid AND event.call_id = ANY(${ids}::uuid[])
        AND event.project_id = ${projectId}`.execute(transaction);
    if (rows[0]?.calls !== ids.length) {
      throw new TrimtabError('not_found', 'each of the calls must be a failure of the cluster');
    }
    const inserted = await transaction
      .insertInto('replaySetCall')
      .values(ids.map((callId) => ({ projectId, replaySet: kept.replaySet, callId, clusterId, addedBy: actor })))
      .onConflict((conflict) => conflict.columns(['projectId', 'replaySet', 'callId']).doNothing())
      .executeTakeFirst();
    return Number(inserted.numInsertedOrUpdatedRows ?? 0n);
  });
}

/** @throws TrimtabError `not_found` */
export async function requirePolicy(database: Database, projectId: string, policyId: string): Promise<void> {
  const policy = await database
    .selectFrom('policy')
    .select('policyId')
    .where('projectId', '=', projectId)
    .where('policyId', '=', policyId)
    .executeTakeFirst();
  if (policy === undefined) throw new TrimtabError('not_found', `there is no policy ${policyId}`);
}

async function edit<T>(
  database: Database,
  change: ClusterChange,
  clusterId: string,
  action: AuditAction,
  details: Readonly<Record<string, unknown>>,
  work: (transaction: Database) => Promise<T>,
): Promise<T> {
  return await database.transaction().execute(async (transaction) => {
    await requireLive(transaction, change.projectId, clusterId);
    const result = await work(transaction);
    await appendAudit(transaction, { ...change, action, subject: clusterId, details });
    return result;
  });
}
