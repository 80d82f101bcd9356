import { sql } from 'kysely';
import * as z from 'zod';
import { appendAudit } from '../audit-log.ts';
import { jsonText } from '../columns.ts';
import type { Database } from '../connect.ts';
import { enqueueWebhook } from '../webhooks/enqueue-webhook.ts';

/** A cluster as a night found it: one that stands, or, without an id, a new one. */
const foundClusterSchema = z.object({
  clusterId: z.uuid().nullable(),
  key: z.uuid(),
  templateIds: z.array(z.uuid()),
  exemplarIds: z.array(z.uuid()),
  similarities: z.array(z.number()),
});

/** What a night would do to the clusters of a project; ids alone, so that it holds no text of the traffic. */
export const clusterPlanSchema = z.object({
  clusters: z.array(foundClusterSchema),
  lineage: z.array(
    z.object({ kind: z.enum(['merge', 'split']), parentId: z.uuid(), childKey: z.uuid(), mass: z.number() }),
  ),
});

export type ClusterPlan = z.infer<typeof clusterPlanSchema>;

export interface ClusterChangeRow {
  readonly changeId: string;
  readonly runId: string | null;
  readonly status: string;
  readonly movedShare: number;
  readonly plan: ClusterPlan;
  readonly createdAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
}

const COLUMNS = ['changeId', 'runId', 'status', 'movedShare', 'plan', 'createdAt', 'decidedAt', 'decidedBy'] as const;
const PERCENT = 100;

/** Keeps a change for a person to decide; the one of the night before is superseded. Returns its id. */
export async function proposeClusterChange(
  database: Database,
  change: {
    readonly projectId: string;
    readonly runId: string | null;
    readonly movedShare: number;
    readonly plan: ClusterPlan;
    readonly actor: string;
    readonly now: Date;
  },
): Promise<string> {
  const { projectId, runId, movedShare, plan, actor, now } = change;
  return await database.transaction().execute(async (transaction) => {
    await sql`
      UPDATE cluster_change SET status = 'superseded', decided_at = ${now}, decided_by = ${actor}
      WHERE project_id = ${projectId} AND status = 'proposed'`.execute(transaction);
    const { changeId } = await transaction
      .insertInto('clusterChange')
      .values({ projectId, runId, movedShare, plan: jsonText(plan), createdAt: now })
      .returning('changeId')
      .executeTakeFirstOrThrow();
    const share = `${(movedShare * PERCENT).toFixed(1)} % of the failures of a week`;
    await enqueueWebhook(transaction, {
      ...{ projectId, type: 'cluster.change_proposed', subject: changeId, severity: 'info', happenedAt: now },
      deduplicationKey: `cluster.change_proposed:${changeId}`,
      title: `Re-clustering would move ${share}; it waits for a person`,
      data: { movedShare, lineage: plan.lineage.length },
    });
    const entry = { projectId, actor, subject: changeId, reason: `it moves ${share}`, details: { movedShare } };
    await appendAudit(transaction, { ...entry, action: 'cluster.change_proposed' });
    return changeId;
  });
}

/** Changes of nights, newest first. */
export async function listClusterChanges(
  database: Database,
  projectId: string,
  limit: number,
): Promise<readonly ClusterChangeRow[]> {
  const rows = await database
    .selectFrom('clusterChange')
    .select([...COLUMNS])
    .where('projectId', '=', projectId)
    .orderBy('createdAt', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, plan: clusterPlanSchema.parse(row.plan) }));
}

/** Takes a change that waits, for the transaction; null for one that is decided, or not there. */
export async function takeClusterChange(
  transaction: Database,
  projectId: string,
  changeId: string,
): Promise<ClusterChangeRow | null> {
  const row = await transaction
    .selectFrom('clusterChange')
    .select([...COLUMNS])
    .where('projectId', '=', projectId)
    .where('changeId', '=', changeId)
    .where('status', '=', 'proposed')
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : { ...row, plan: clusterPlanSchema.parse(row.plan) };
}

export async function decideClusterChange(
  transaction: Database,
  decision: {
    readonly projectId: string;
    readonly changeId: string;
    readonly status: 'applied' | 'rejected';
    readonly actor: string;
    readonly reason: string;
    readonly now: Date;
  },
): Promise<void> {
  const { projectId, changeId, status, actor, reason, now } = decision;
  await transaction
    .updateTable('clusterChange')
    .set({ status, decidedAt: now, decidedBy: actor })
    .where('changeId', '=', changeId)
    .execute();
  const action = status === 'applied' ? 'cluster.change_applied' : 'cluster.change_rejected';
  await appendAudit(transaction, { projectId, actor, reason, action, subject: changeId, details: {} });
}
