import { sql } from 'kysely';
import { TrimtabError } from '../errors.ts';
import { appendAudit } from './audit-log.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** The stop button. It is a row, so that it works while the optimizer is down and is seen by all of them. */
export interface OptimizerControl {
  readonly paused: boolean;
  readonly pinnedPolicy: string | null;
  readonly actor: string;
  readonly reason: string;
  readonly updatedAt: Date;
}

export interface ControlChange {
  readonly projectId: string;
  readonly actor: string;
  readonly reason: string;
}

export async function readControl(database: Database, projectId: string): Promise<OptimizerControl | null> {
  const row = await database
    .selectFrom('optimizerControl')
    .select(['paused', 'pinnedPolicy', 'actor', 'reason', 'updatedAt'])
    .where('projectId', '=', projectId)
    .executeTakeFirst();
  return row ?? null;
}

/** From the moment it returns no automatic change of the pointer can commit. Pausing twice is one event only. */
export async function pauseOptimizer(database: Database, change: ControlChange): Promise<OptimizerControl> {
  return await writeControl(database, change, { paused: true });
}

/** Lets the optimizer act again, and lifts a pin. */
export async function resumeOptimizer(database: Database, change: ControlChange): Promise<OptimizerControl> {
  return await writeControl(database, change, { paused: false, pinnedPolicy: null });
}

/** Marks a policy as pinned within the transaction that activates it; see `pinPolicy`. */
export async function markPinned(transaction: Database, change: ControlChange, policyId: string): Promise<void> {
  const { projectId, actor, reason } = change;
  await upsert(transaction, { projectId, actor, reason }, { pinnedPolicy: policyId });
}

/**
 * Throws `conflict` when the optimizer may not move the pointer by itself. The row is locked for sharing, so a pause
 * and an automatic change cannot pass each other: one of them waits for the other's commit.
 */
export async function assertAutomaticAllowed(transaction: Database, projectId: string): Promise<void> {
  // A pause may not find a row to lock, and an insert would slip by; the advisory lock closes that gap.
  await sql`SELECT pg_advisory_xact_lock_shared(hashtextextended(${lockName(projectId)}, 0))`.execute(transaction);
  const control = await readControl(transaction, projectId);
  if (control?.paused) {
    throw new TrimtabError('conflict', 'the optimizer is paused', { details: { reason: 'paused' } });
  }
  if (control !== null && control.pinnedPolicy !== null) {
    throw new TrimtabError('conflict', `policy ${control.pinnedPolicy} is pinned`, { details: { reason: 'pinned' } });
  }
}

async function writeControl(
  database: Database,
  change: ControlChange,
  state: { readonly paused: boolean; readonly pinnedPolicy?: null },
): Promise<OptimizerControl> {
  return await database.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${lockName(change.projectId)}, 0))`.execute(transaction);
    const before = await readControl(transaction, change.projectId);
    const unchanged =
      (before?.paused ?? false) === state.paused && (state.paused || (before?.pinnedPolicy ?? null) === null);
    if (before !== null && unchanged) return before;
    const after = await upsert(transaction, change, state);
    await appendAudit(transaction, {
      ...change,
      action: state.paused ? 'optimizer.paused' : 'optimizer.resumed',
      subject: change.projectId,
      details: { before: before === null ? null : { paused: before.paused, pinnedPolicy: before.pinnedPolicy } },
    });
    return after;
  });
}

async function upsert(
  transaction: Database,
  change: ControlChange,
  state: { readonly paused?: boolean; readonly pinnedPolicy?: string | null },
): Promise<OptimizerControl> {
  const actor = storableText(change.actor);
  const reason = storableText(change.reason);
  return await transaction
    .insertInto('optimizerControl')
    .values({ projectId: change.projectId, actor, reason, ...state })
    .onConflict((conflict) =>
      conflict.column('projectId').doUpdateSet({
        ...state,
        actor,
        reason,
        updatedAt: sql`now()`,
      }),
    )
    .returning(['paused', 'pinnedPolicy', 'actor', 'reason', 'updatedAt'])
    .executeTakeFirstOrThrow();
}

function lockName(projectId: string): string {
  return `trimtab.control.${projectId}`;
}
