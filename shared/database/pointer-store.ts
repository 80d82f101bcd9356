import { sql } from 'kysely';
import { TrimtabError } from '../errors.ts';
import { appendAudit } from './audit-log.ts';
import type { Database } from './connect.ts';
import { assertAutomaticAllowed, markPinned } from './optimizer-control.ts';
import { markApproved, writeApproval } from './policy-approval.ts';
import { asPolicyRefusal } from './policy-refusal.ts';
import { readPolicy } from './policy-store.ts';
import { readGovernance } from './read-governance.ts';
import { readRollbackTarget } from './rollback-target.ts';
import { closeRolloutRow } from './rollout-row.ts';
import { holdRun, type RunFence } from './run-fence.ts';
import { enqueueWebhook } from './webhooks/enqueue-webhook.ts';

/** The one row per project that says what is served. `epoch` rises with every change of any column. */
export interface PolicyPointer {
  readonly projectId: string;
  readonly stable: string;
  readonly canary: string | null;
  readonly epoch: number;
  readonly rolloutId: string | null;
  readonly rolloutOpenedAt: Date | null;
  readonly salt: string;
  readonly canaryShare: number;
  readonly explorationShare: number;
  readonly revoked: readonly string[];
  readonly updatedAt: Date;
}

export interface PointerChange {
  readonly projectId: string;
  readonly actor: string;
  readonly reason: string;
  /** The epoch the caller decided on; another one by now is a `conflict`. The current one when absent. */
  readonly expectedEpoch?: number | undefined;
  /** True for the optimizer's own decisions: they are refused while it is paused or a policy is pinned. */
  readonly automatic?: boolean | undefined;
  readonly evidence?: Readonly<Record<string, unknown>> | undefined;
  /** The run that decided: the change is refused when another optimizer has taken it over since. */
  readonly run?: RunFence | undefined;
}

export interface PointerMoved {
  readonly epoch: number;
  readonly stable: string;
  readonly canary: string | null;
}

export interface RolledBack extends PointerMoved {
  /** What was taken out of service. */
  readonly revoked: string;
  /** `canary`: the rollout in flight was ended and the stable policy kept. */
  readonly slot: 'canary' | 'stable';
}

/** A gateway voids the pins of what is listed; older entries have no sessions left to void. */
const REVOKED_KEPT = 100;

export async function readPointer(database: Database, projectId: string): Promise<PolicyPointer | null> {
  const row = await database
    .selectFrom('policyPointer')
    .selectAll()
    .where('projectId', '=', projectId)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Makes a stored policy the stable one: compare-and-set on the epoch, one audit event, one notification, or nothing.
 * A running rollout is aborted with it, since its baseline is gone. Lifts a revocation: a person asked for it.
 * Throws `not_found`, `conflict` (somebody else moved the pointer, or has taken over the run; paused),
 * `model_not_allowed`.
 */
export async function activatePolicy(
  database: Database,
  change: PointerChange & { readonly policyId: string },
): Promise<PointerMoved> {
  return await activate(database, change, false);
}

/** Activates a policy and keeps the optimizer from moving away from it until `resumeOptimizer`. */
export async function pinPolicy(
  database: Database,
  change: Omit<PointerChange, 'automatic'> & { readonly policyId: string },
): Promise<PointerMoved> {
  return await activate(database, change, true);
}

async function activate(
  database: Database,
  change: PointerChange & { readonly policyId: string },
  pin: boolean,
): Promise<PointerMoved> {
  const seen = await readPointer(database, change.projectId);
  return await database.transaction().execute(async (transaction) => {
    if (change.run !== undefined) await holdRun(transaction, change.run);
    if (change.automatic) await assertAutomaticAllowed(transaction, change.projectId);
    const policy = await readPolicy(transaction, change.projectId, change.policyId);
    if (policy === null) throw new TrimtabError('not_found', `there is no policy ${change.policyId}`);
    if (change.automatic && seen?.rolloutId) throw new TrimtabError('conflict', 'a rollout is running');
    if (change.automatic && seen?.revoked.includes(policy.policyId)) {
      throw new TrimtabError('conflict', `policy ${policy.policyId} was rolled back`, {
        details: { reason: 'revoked' },
      });
    }
    // Whoever activates approves; where two must, the other one has done so before.
    if (change.automatic !== true) await writeApproval(transaction, change);
    await markApproved(transaction, change.projectId, policy.policyId);
    const moved =
      seen === null
        ? await insertPointer(transaction, change.projectId, policy.policyId)
        : await movePointer(transaction, seen, change, {
            stable: policy.policyId,
            revoked: seen.revoked.filter((policyId) => policyId !== policy.policyId),
            ...WITHOUT_ROLLOUT,
          });
    if (seen?.rolloutId) await closeRolloutRow(transaction, seen.rolloutId, 'aborted', { reason: change.reason });
    if (pin) await markPinned(transaction, change, policy.policyId);
    const action = pin ? 'policy.pinned' : 'policy.activated';
    await recordMove(transaction, action, change, policy.policyId, seen, moved, { number: policy.number });
    return moved;
  });
}

/**
 * Takes the latest change out of service, in one transaction and without any computation: a rollout in flight, else
 * the stable policy in favour of the one that was stable before it. Works with the optimizer down. `slot: 'stable'`
 * goes back behind the stable policy even while a rollout runs (which ends with it).
 */
export async function rollBack(
  database: Database,
  change: PointerChange & { readonly slot?: 'stable' | undefined },
): Promise<RolledBack> {
  const seen = await readPointer(database, change.projectId);
  if (seen === null) throw new TrimtabError('not_found', 'there is no active policy to roll back');
  return await database.transaction().execute(async (transaction) => {
    if (change.automatic) await assertAutomaticAllowed(transaction, change.projectId);
    const rollBackCanary = seen.canary !== null && change.slot !== 'stable';
    const revoked = rollBackCanary ? (seen.canary ?? seen.stable) : seen.stable;
    const stable = rollBackCanary ? seen.stable : await readRollbackTarget(transaction, seen);
    const moved = await movePointer(transaction, seen, change, {
      stable,
      revoked: revokedWith(seen, revoked),
      ...WITHOUT_ROLLOUT,
    });
    if (seen.rolloutId !== null) {
      const status = rollBackCanary ? 'rolled_back' : 'aborted';
      await closeRolloutRow(transaction, seen.rolloutId, status, { reason: change.reason, ...change.evidence });
    }
    const action = rollBackCanary ? 'rollout.rolled_back' : 'policy.rolled_back';
    await recordMove(transaction, action, change, revoked, seen, moved, { rolloutId: seen.rolloutId });
    await tellRollback(transaction, change, { revoked, epoch: moved.epoch, rolloutId: seen.rolloutId });
    return { ...moved, revoked, slot: rollBackCanary ? 'canary' : 'stable' };
  });
}

async function tellRollback(
  transaction: Database,
  { projectId, reason, actor }: PointerChange,
  details: { readonly revoked: string; readonly epoch: number; readonly rolloutId: string | null },
): Promise<void> {
  const { rows } = await sql<{ at: Date }>`SELECT now() AS at`.execute(transaction);
  await enqueueWebhook(transaction, {
    ...{ projectId, type: 'policy.rolled_back', subject: details.revoked, severity: 'critical' },
    deduplicationKey: `policy.rolled_back:${projectId}:${details.epoch}`,
    happenedAt: rows[0]?.at ?? new Date(0),
    title: `Policy rolled back: ${reason}`,
    data: { actor, ...details },
  });
}

export const WITHOUT_ROLLOUT = { canary: null, rolloutId: null, rolloutOpenedAt: null, canaryShare: 0 } as const;

/** The list of revoked policies with one more, newest last and bounded. */
export function revokedWith(pointer: PolicyPointer, policyId: string): string[] {
  return [...pointer.revoked.filter((revoked) => revoked !== policyId), policyId].slice(-REVOKED_KEPT);
}

export interface PointerUpdate {
  readonly stable?: string;
  readonly canary?: string | null;
  readonly rolloutId?: string | null;
  readonly rolloutOpenedAt?: Date | null;
  readonly canaryShare?: number;
  readonly explorationShare?: number;
  readonly salt?: string;
  readonly revoked?: string[];
}

/** The compare-and-set every change goes through. The database's trigger notifies the gateways. */
export async function movePointer(
  transaction: Database,
  seen: PolicyPointer,
  change: Pick<PointerChange, 'expectedEpoch'>,
  update: PointerUpdate,
): Promise<PointerMoved> {
  const expectedEpoch = change.expectedEpoch ?? seen.epoch;
  const moved = await transaction
    .updateTable('policyPointer')
    .set({ ...update, epoch: sql`epoch + 1`, updatedAt: sql`now()` })
    .where('projectId', '=', seen.projectId)
    .where('epoch', '=', expectedEpoch)
    .where('epoch', '=', seen.epoch)
    .returning(['epoch', 'stable', 'canary'])
    .executeTakeFirst()
    .catch(asPolicyRefusal);
  if (moved === undefined) {
    throw new TrimtabError('conflict', 'somebody else moved the policy pointer; read it again', {
      details: { expectedEpoch, reason: 'epoch_moved' },
    });
  }
  return moved;
}

async function insertPointer(transaction: Database, projectId: string, policyId: string): Promise<PointerMoved> {
  const governance = await readGovernance(transaction, projectId);
  const inserted = await transaction
    .insertInto('policyPointer')
    .values({
      projectId,
      stable: policyId,
      canary: null,
      epoch: 1,
      rolloutId: null,
      rolloutOpenedAt: null,
      salt: sql`gen_random_uuid()::text`,
      explorationShare: governance?.body.exploration ?? 0,
    })
    .onConflict((conflict) => conflict.column('projectId').doNothing())
    .returning(['epoch', 'stable', 'canary'])
    .executeTakeFirst()
    .catch(asPolicyRefusal);
  if (inserted === undefined) throw new TrimtabError('conflict', 'somebody else activated the first policy');
  return inserted;
}

/** One event per move, with what was served before and after; the way back is read from it. */
export async function recordMove(
  transaction: Database,
  action: Parameters<typeof appendAudit>[1]['action'],
  change: PointerChange,
  subject: string,
  before: PolicyPointer | null,
  after: PointerMoved,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(transaction, {
    projectId: change.projectId,
    action,
    actor: change.actor,
    subject,
    reason: change.reason,
    details: {
      ...details,
      before: before === null ? null : { stable: before.stable, canary: before.canary, epoch: before.epoch },
      after: { stable: after.stable, canary: after.canary, epoch: after.epoch },
      evidence: change.evidence ?? {},
    },
  });
}
