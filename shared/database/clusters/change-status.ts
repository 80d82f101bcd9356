import type { ClusterStatus } from '../../domain/failure-cluster.ts';
import { TrimtabError } from '../../errors.ts';
import { appendAudit } from '../audit-log.ts';
import { storableText } from '../columns.ts';
import type { Database } from '../connect.ts';
import { enqueueWebhook } from '../webhooks/enqueue-webhook.ts';

export interface StatusChange {
  readonly status: ClusterStatus;
  readonly reason: string;
  /** Who says so, as the audit log names them. */
  readonly actor: string;
  readonly now: Date;
  /** Only from this status; whoever comes second changes nothing. */
  readonly from?: string;
  /** Of `resolved`: the policy that mends it. Only its traffic, and that of later ones, can prove otherwise. */
  readonly policyId?: string | null;
  /** Of `resolved`: newly failing sessions per eligible call before. */
  readonly rate?: number | null;
  /** What proves it. */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

const TOLD = new Set<ClusterStatus>(['escalating', 'regressed']);

/**
 * Changes the status of a cluster, with its audit event and, where people are told of it, its webhook.
 *
 * @returns false when it is not in the status that the change starts from, or is in the new one already
 * @throws TrimtabError `not_found` for a cluster that is not, or that was merged into another
 */
export async function changeClusterStatus(
  database: Database,
  projectId: string,
  clusterId: string,
  change: StatusChange,
): Promise<boolean> {
  return await inTransaction(database, async (transaction) => {
    const cluster = await transaction
      .selectFrom('failureCluster')
      .select(['clusterId', 'slug', 'title', 'status', 'severity', 'eventCount', 'sessionCount'])
      .where('projectId', '=', projectId)
      .where('clusterId', '=', clusterId)
      .where('mergedInto', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (cluster === undefined) throw new TrimtabError('not_found', `there is no cluster ${clusterId}`);
    const isResolving = change.status === 'resolved';
    if (change.from !== undefined && change.from !== cluster.status) return false;
    if (cluster.status === change.status && !isResolving) return false;
    await transaction
      .updateTable('failureCluster')
      .set({
        ...{ status: change.status, statusSince: change.now, statusReason: storableText(change.reason) },
        ...(change.status === 'regressed'
          ? {}
          : {
              resolvedAt: isResolving ? change.now : null,
              resolvedByPolicy: isResolving ? (change.policyId ?? null) : null,
              resolvedRate: isResolving ? (change.rate ?? null) : null,
            }),
      })
      .where('clusterId', '=', clusterId)
      .execute();
    const { status, reason, actor, evidence = {} } = change;
    const details = { from: cluster.status, to: status, policyId: change.policyId ?? null, ...evidence };
    if (TOLD.has(status)) await tell(transaction, projectId, cluster, change);
    const entry = { projectId, actor, reason, details, subject: clusterId };
    await appendAudit(transaction, { ...entry, action: 'cluster.status_changed' });
    return true;
  });
}

async function tell(
  transaction: Database,
  projectId: string,
  cluster: {
    clusterId: string;
    slug: string;
    title: string;
    severity: string;
    eventCount: number;
    sessionCount: number;
  },
  { status, reason, now, evidence = {} }: StatusChange,
): Promise<void> {
  const { clusterId, slug, title, severity, eventCount, sessionCount } = cluster;
  const isSevere = severity === 'fatal' || severity === 'error';
  await enqueueWebhook(transaction, {
    projectId,
    type: status === 'regressed' ? 'cluster.regressed' : 'cluster.escalating',
    subject: clusterId,
    deduplicationKey: `cluster.${status}:${clusterId}:${now.toISOString()}`,
    severity: isSevere ? 'critical' : 'warning',
    title: `${status === 'regressed' ? 'Regressed' : 'Escalating'}: ${title}`,
    data: { slug, reason, severity, events: eventCount, sessions: sessionCount, ...evidence },
    happenedAt: now,
  });
}

async function inTransaction<T>(database: Database, work: (transaction: Database) => Promise<T>): Promise<T> {
  return database.isTransaction ? await work(database) : await database.transaction().execute(work);
}
