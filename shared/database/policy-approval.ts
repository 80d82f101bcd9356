import { TrimtabError } from '../errors.ts';
import { appendAudit } from './audit-log.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { asPolicyRefusal } from './policy-refusal.ts';
import { readPolicy } from './policy-store.ts';
import { readGovernance } from './read-governance.ts';

/** What a person says of a proposal. */
export interface ApprovalChange {
  readonly projectId: string;
  readonly policyId: string;
  readonly actor: string;
  readonly reason: string;
}

export interface Approval {
  readonly policyId: string;
  readonly state: 'proposed' | 'approved' | 'rejected';
  /** Who has approved it, and how many must. */
  readonly approvals: number;
  readonly approvalsNeeded: number;
}

/**
 * Writes down that a person approves a proposal, and makes it approved when as many have as governance asks for. The
 * optimizer's role has no grant to write approvals. Approving twice is one approval. Throws `conflict` for a rejected one.
 */
export async function approvePolicy(database: Database, change: ApprovalChange): Promise<Approval> {
  return await database.transaction().execute(async (transaction) => {
    const policy = await readPolicy(transaction, change.projectId, change.policyId);
    if (policy === null) throw new TrimtabError('not_found', `there is no policy ${change.policyId}`);
    if (policy.state === 'rejected') throw new TrimtabError('conflict', `v${policy.number} was rejected`);
    const isNew = await writeApproval(transaction, change);
    const counted = await countApprovals(transaction, change.projectId, change.policyId);
    const state = policy.state === 'approved' || counted.approvals >= counted.approvalsNeeded ? 'approved' : 'proposed';
    if (state === 'approved') await markApproved(transaction, change.projectId, change.policyId);
    if (isNew) {
      const { policyId, ...by } = change;
      await appendAudit(transaction, { ...by, action: 'policy.approved', subject: policyId, details: { ...counted } });
    }
    return { policyId: change.policyId, state, ...counted };
  });
}

/** A person's no: the proposal cannot be approved any more. Throws `conflict` for one that was approved. */
export async function rejectPolicy(database: Database, change: ApprovalChange): Promise<Approval> {
  return await database.transaction().execute(async (transaction) => {
    const rejected = await transaction
      .updateTable('policy')
      .set({ state: 'rejected' })
      .where('projectId', '=', change.projectId)
      .where('policyId', '=', change.policyId)
      .where('state', '=', 'proposed')
      .executeTakeFirst();
    if (rejected.numUpdatedRows === 0n) {
      throw new TrimtabError('conflict', 'only a proposal that waits can be rejected');
    }
    const { policyId, ...by } = change;
    await appendAudit(transaction, { ...by, action: 'policy.rejected', subject: policyId, details: {} });
    return { policyId, state: 'rejected', ...(await countApprovals(transaction, change.projectId, policyId)) };
  });
}

/** The approval of somebody who activates: part of the transaction that does. True when it was not there before. */
export async function writeApproval(transaction: Database, change: ApprovalChange): Promise<boolean> {
  const { projectId, policyId, actor, reason } = change;
  const written = await transaction
    .insertInto('policyApproval')
    .values({ projectId, policyId, person: storableText(actor), reason: storableText(reason) })
    .onConflict((conflict) => conflict.columns(['projectId', 'policyId', 'person']).doNothing())
    .executeTakeFirst();
  return (written.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Marks a policy as approved; the database refuses what lacks approvals or is not the optimizer's to approve. */
export async function markApproved(transaction: Database, projectId: string, policyId: string): Promise<void> {
  await transaction
    .updateTable('policy')
    .set({ state: 'approved' })
    .where('projectId', '=', projectId)
    .where('policyId', '=', policyId)
    .where('state', '<>', 'approved')
    .execute()
    .catch(asPolicyRefusal);
}

export async function countApprovals(
  database: Database,
  projectId: string,
  policyId: string,
): Promise<{ readonly approvals: number; readonly approvalsNeeded: number }> {
  const row = await database
    .selectFrom('policyApproval')
    .select((build) => build.fn.countAll<number>().as('approvals'))
    .where('projectId', '=', projectId)
    .where('policyId', '=', policyId)
    .executeTakeFirst();
  const governance = await readGovernance(database, projectId);
  return { approvals: row?.approvals ?? 0, approvalsNeeded: governance?.body.approvals ?? 1 };
}

/** Who approved a policy, first one first. */
export async function listApprovals(
  database: Database,
  projectId: string,
  policyId: string,
): Promise<{ readonly person: string; readonly reason: string; readonly approvedAt: Date }[]> {
  return await database
    .selectFrom('policyApproval')
    .select(['person', 'reason', 'approvedAt'])
    .where('projectId', '=', projectId)
    .where('policyId', '=', policyId)
    .orderBy('approvedAt')
    .execute();
}
