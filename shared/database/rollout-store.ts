import { sql } from 'kysely';
import { type RolloutKind, type RolloutSettings, rolloutSettingsSchema } from '../domain/rollout.ts';
import { TrimtabError } from '../errors.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';
import { assertAutomaticAllowed } from './optimizer-control.ts';
import {
  movePointer,
  type PointerChange,
  type PointerMoved,
  type PolicyPointer,
  readPointer,
  recordMove,
  revokedWith,
  WITHOUT_ROLLOUT,
} from './pointer-store.ts';
import { markApproved } from './policy-approval.ts';
import { readPolicy } from './policy-store.ts';
import { beginCoolOff, readCoolOff } from './read-cool-off.ts';
import { readGovernance } from './read-governance.ts';
import { rolloutSettingsAtPlace } from './rollout-place.ts';
import { closeRolloutRow, type RolloutStatus } from './rollout-row.ts';
import { holdRun } from './run-fence.ts';
import { tellRollout } from './webhooks/tell-rollout.ts';

export interface Rollout {
  readonly rolloutId: string;
  readonly projectId: string;
  readonly number: number;
  readonly kind: RolloutKind;
  readonly candidate: string;
  readonly baseline: string;
  readonly status: RolloutStatus;
  readonly canaryShare: number;
  readonly settings: RolloutSettings;
  /** What the analysis remembers; its own schema belongs to the analysis. */
  readonly state: unknown;
  readonly evidence: unknown;
  readonly openedEpoch: number;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

export interface RolloutOpening extends PointerChange {
  readonly candidate: string;
  readonly kind?: RolloutKind;
  readonly canaryShare: number;
  readonly settings: RolloutSettings;
  readonly initialState: unknown;
}

/** 0.05 + 0.1 is a little more than 0.15 in floating point. */
const ROUNDING = 1e-9;

/**
 * Opens a rollout of a stored policy: its row, the canary slot of the pointer and the audit event, or nothing. A fresh
 * salt draws new arms, so that the sessions of one rollout do not carry over into the next.
 * Throws `conflict` while another one runs, when another optimizer has taken over the run, when the candidate is served already or was rolled back, while paused, and
 * `forbidden` when canary and exploration together exceed what governance exposes.
 */
export async function openRollout(database: Database, opening: RolloutOpening): Promise<Rollout> {
  const seen = await readPointer(database, opening.projectId);
  if (seen === null) throw new TrimtabError('not_found', 'there is no active policy to compare a candidate with');
  return await database.transaction().execute(async (transaction) => {
    if (opening.run !== undefined) await holdRun(transaction, opening.run);
    if (opening.automatic) await assertAutomaticAllowed(transaction, opening.projectId);
    await assertMayOpen(transaction, seen, opening);
    const settings = await rolloutSettingsAtPlace(transaction, opening);
    const row = await transaction
      .insertInto('rollout')
      .values({
        rolloutId: sql`gen_random_uuid()`,
        projectId: opening.projectId,
        number: sql`(SELECT coalesce(max(number), 0) + 1 FROM rollout WHERE project_id = ${opening.projectId})`,
        kind: opening.kind ?? 'canary',
        candidate: opening.candidate,
        baseline: seen.stable,
        status: 'running',
        salt: sql`gen_random_uuid()::text`,
        canaryShare: opening.canaryShare,
        settings: jsonText(settings),
        state: jsonText(opening.initialState),
        openedEpoch: seen.epoch + 1,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch(asConflict);
    await markApproved(transaction, opening.projectId, opening.candidate);
    const moved = await movePointer(transaction, seen, opening, {
      canary: opening.candidate,
      rolloutId: row.rolloutId,
      rolloutOpenedAt: row.openedAt,
      canaryShare: opening.canaryShare,
      salt: row.salt,
      revoked: seen.revoked.filter((policyId) => policyId !== opening.candidate),
    });
    const details = { rolloutId: row.rolloutId, number: row.number, canaryShare: opening.canaryShare };
    await recordMove(transaction, 'rollout.opened', opening, opening.candidate, seen, moved, details);
    return asRollout(row);
  });
}

/**
 * Makes the candidate stable; `revokeBaseline` takes the policy that it replaces out of service for good, as after a
 * reverse canary. Throws `conflict` when the rollout is not the one that runs any more, or while paused.
 */
export async function promoteRollout(
  database: Database,
  change: PointerChange & { readonly rolloutId: string; readonly revokeBaseline?: boolean | undefined },
): Promise<PointerMoved> {
  return await endRollout(database, change, 'promoted', 'rollout.promoted', (seen) => ({
    stable: seen.canary ?? seen.stable,
    ...(change.revokeBaseline ? { revoked: revokedWith(seen, seen.stable) } : {}),
  }));
}

/** Takes the candidate out of service at once and revokes it, which voids the pins of its sessions. */
export async function rollBackRollout(
  database: Database,
  change: PointerChange & { readonly rolloutId: string },
): Promise<PointerMoved> {
  return await endRollout(database, change, 'rolled_back', 'rollout.rolled_back', (seen) => ({
    revoked: revokedWith(seen, seen.canary ?? ''),
  }));
}

/**
 * Ends without a verdict and keeps the stable policy: neither harm nor its absence was shown in time. The change cools
 * off as after a rollback, or the one canary would be its own for ever.
 */
export async function concludeRollout(
  database: Database,
  change: PointerChange & { readonly rolloutId: string },
): Promise<PointerMoved> {
  return await endRollout(database, change, 'inconclusive', 'rollout.inconclusive', () => ({}));
}

/** A person's stop: keeps the stable policy and says nothing about the candidate. */
export async function abortRollout(
  database: Database,
  change: PointerChange & { readonly rolloutId: string },
): Promise<PointerMoved> {
  return await endRollout(database, change, 'aborted', 'rollout.aborted', () => ({}));
}

/**
 * Stores one step of an analysis: the new state and the pairs that entered it. False when another optimizer stored a
 * step on the same state first; its step is as good, so the caller drops its own.
 */
export async function saveRolloutStep(
  database: Database,
  step: {
    readonly rollout: Rollout;
    readonly state: unknown;
    readonly evidence: unknown;
    readonly pairs: readonly {
      readonly stratum: string;
      readonly position: number;
      readonly canarySession: string;
      readonly controlSession: string;
      readonly canaryQuality: number | null;
      readonly controlQuality: number | null;
      readonly weight: number;
    }[];
  },
): Promise<boolean> {
  const { rolloutId, projectId } = step.rollout;
  return await database.transaction().execute(async (transaction) => {
    const saved = await transaction
      .updateTable('rollout')
      .set({ state: jsonText(step.state), evidence: jsonText(step.evidence) })
      .where('rolloutId', '=', rolloutId)
      .where('status', '=', 'running')
      .where('state', '=', jsonText(step.rollout.state))
      .executeTakeFirst();
    if (saved.numUpdatedRows === 0n) return false;
    if (step.pairs.length > 0) {
      const rows = step.pairs.map((pair) => ({ ...pair, rolloutId, projectId }));
      await transaction
        .insertInto('rolloutPair')
        .values(rows)
        .onConflict((conflict) => conflict.columns(['rolloutId', 'stratum', 'position']).doNothing())
        .execute();
    }
    return true;
  });
}

export async function readRunningRollout(database: Database, projectId: string): Promise<Rollout | null> {
  const row = await database
    .selectFrom('rollout')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return row === undefined ? null : asRollout(row);
}

export async function readRollout(database: Database, projectId: string, rolloutId: string): Promise<Rollout | null> {
  const row = await database
    .selectFrom('rollout')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('rolloutId', '=', rolloutId)
    .executeTakeFirst();
  return row === undefined ? null : asRollout(row);
}

/** Newest first, before a number. */
export async function listRollouts(
  database: Database,
  projectId: string,
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<Rollout[]> {
  let query = database.selectFrom('rollout').selectAll().where('projectId', '=', projectId);
  if (page.before !== undefined) query = query.where('number', '<', page.before);
  return (await query.orderBy('number', 'desc').limit(page.limit).execute()).map(asRollout);
}

async function endRollout(
  database: Database,
  change: PointerChange & { readonly rolloutId: string },
  status: Exclude<RolloutStatus, 'running'>,
  action: Parameters<typeof recordMove>[1],
  update: (seen: PolicyPointer) => { readonly stable?: string; readonly revoked?: string[] },
): Promise<PointerMoved> {
  const seen = await readPointer(database, change.projectId);
  if (seen === null || seen.rolloutId !== change.rolloutId || seen.canary === null) {
    throw new TrimtabError('conflict', `rollout ${change.rolloutId} is not running`);
  }
  const candidate = seen.canary;
  return await database.transaction().execute(async (transaction) => {
    if (change.automatic) await assertAutomaticAllowed(transaction, change.projectId);
    const moved = await movePointer(transaction, seen, change, { ...update(seen), ...WITHOUT_ROLLOUT });
    const evidence = { status, reason: change.reason, ...change.evidence };
    if (!(await closeRolloutRow(transaction, change.rolloutId, status, evidence))) {
      throw new TrimtabError('conflict', `rollout ${change.rolloutId} has ended already`);
    }
    const isCanary = (await readRollout(transaction, change.projectId, change.rolloutId))?.kind === 'canary';
    if (status === 'inconclusive' && isCanary) await beginCoolOff(transaction, change.projectId, candidate);
    const details = { rolloutId: change.rolloutId, status };
    await recordMove(transaction, action, change, candidate, seen, moved, details);
    if (status !== 'aborted') await tellRollout(transaction, change, status, candidate);
    return moved;
  });
}

async function assertMayOpen(transaction: Database, seen: PolicyPointer, opening: RolloutOpening): Promise<void> {
  const { candidate, canaryShare, projectId } = opening;
  if (seen.rolloutId !== null) throw new TrimtabError('conflict', 'a rollout is running; there is one at a time');
  if (candidate === seen.stable) throw new TrimtabError('conflict', 'the candidate is the stable policy already');
  if (seen.revoked.includes(candidate) && (await readCoolOff(transaction, projectId, candidate)) !== null) {
    throw new TrimtabError('conflict', `policy ${candidate} was rolled back`, { details: { reason: 'revoked' } });
  }
  if ((await readPolicy(transaction, projectId, candidate)) === null) {
    throw new TrimtabError('not_found', `there is no policy ${candidate}`);
  }
  const governance = await readGovernance(transaction, projectId);
  if (governance === null) throw new TrimtabError('not_configured', 'there is no governance yet');
  const exposure = canaryShare + seen.explorationShare;
  if (!(canaryShare > 0) || exposure > governance.body.exposureMax + ROUNDING) {
    throw new TrimtabError(
      'forbidden',
      `a canary of ${canaryShare} beside exploration of ${seen.explorationShare} is outside of exposureMax ${governance.body.exposureMax}`,
    );
  }
}

function asConflict(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === '23505') {
    throw new TrimtabError('conflict', 'a rollout is running; there is one at a time', { cause: error });
  }
  throw error;
}

function asRollout(
  row: Omit<Rollout, 'kind' | 'status' | 'settings'> & {
    readonly kind: string;
    readonly status: string;
    readonly settings: unknown;
    readonly salt?: string;
  },
): Rollout {
  const { salt: _salt, ...rest } = row;
  return {
    ...rest,
    kind: row.kind === 'reverse' ? 'reverse' : 'canary',
    status: row.status as RolloutStatus,
    settings: rolloutSettingsSchema.parse(row.settings),
  };
}
