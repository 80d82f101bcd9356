import * as z from 'zod';
import { modelsOfPolicy } from '../domain/policy.ts';
import { TrimtabError } from '../errors.ts';
import { listAudit } from './audit-log.ts';
import type { Database } from './connect.ts';
import { readPolicy } from './policy-store.ts';

const moveSchema = z.looseObject({
  before: z.looseObject({ stable: z.string() }).nullable(),
  after: z.looseObject({ stable: z.string() }),
});

/** Moves of the pointer that are looked at on the way back. */
const HISTORY_MAX = 500;
const MOVES = ['policy.activated', 'policy.pinned', 'policy.rolled_back', 'rollout.promoted'] as const;

/**
 * The policy that was stable before the present one: read from the audit log, which every move is written to, else the
 * parent. A policy that was itself rolled back is passed over, so that rolling back twice goes back two steps.
 */
export async function readRollbackTarget(
  database: Database,
  pointer: { readonly projectId: string; readonly stable: string; readonly revoked: readonly string[] },
): Promise<string> {
  const unfit = new Set([...pointer.revoked, pointer.stable]);
  const events = await listAudit(database, pointer.projectId, { limit: HISTORY_MAX, actions: MOVES });
  for (const event of events) {
    const move = moveSchema.safeParse(event.details);
    const before = move.success ? move.data.before?.stable : undefined;
    if (before === undefined || unfit.has(before)) continue;
    if (await isServable(database, pointer.projectId, before)) return before;
    unfit.add(before);
  }
  let parentId = (await readPolicy(database, pointer.projectId, pointer.stable))?.parentId ?? null;
  while (parentId !== null) {
    const parent = await readPolicy(database, pointer.projectId, parentId);
    if (
      parent !== null &&
      !unfit.has(parent.policyId) &&
      (await isServable(database, pointer.projectId, parent.policyId))
    )
      return parent.policyId;
    parentId = parent?.parentId ?? null;
  }
  throw new TrimtabError('conflict', 'there is no earlier policy to roll back to');
}

/** A policy from before a model was taken off the allow-list cannot come back; the one before it may. */
async function isServable(database: Database, projectId: string, policyId: string): Promise<boolean> {
  const policy = await readPolicy(database, projectId, policyId);
  if (policy === null) return false;
  const allowed = await database
    .selectFrom('allowedModel')
    .select('model')
    .where('projectId', '=', projectId)
    .execute();
  const models = new Set(allowed.map((row) => row.model));
  return modelsOfPolicy(policy.body).every((model) => models.has(model));
}
