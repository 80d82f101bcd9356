import type { Database } from '#shared/database/connect.ts';
import { activatePolicy, readPointer } from '#shared/database/pointer-store.ts';
import { findPolicy, proposePolicy } from '#shared/database/policy-store.ts';
import { TrimtabError } from '#shared/errors.ts';

const PROJECT = 'default';

/** A second policy, which serves the other model. Returns the ids of both. */
export async function prepareTwoPolicies(database: Database): Promise<readonly [string, string]> {
  const first = await findPolicy(database, PROJECT, 'v1');
  const [route] = first.body.routes;
  if (route === undefined) throw new Error('the first policy has no route');
  const { policy } = await proposePolicy(database, {
    projectId: PROJECT,
    body: { ...first.body, routes: [{ ...route, targets: [{ model: 'swift-2', weight: 10_000 }] }] },
    parentId: first.policyId,
    author: 'human:test',
    reason: 'the other model',
    evidence: {},
    risk: 'model',
  });
  return [first.policyId, policy.policyId];
}

export async function epochNow(database: Database): Promise<number> {
  const pointer = await readPointer(database, PROJECT);
  if (pointer === null) throw new Error('the project has no pointer');
  return pointer.epoch;
}

/** How a writer's move ended: `unknown` when its connection broke, and it may have happened. */
export type MoveOutcome =
  | { readonly type: 'moved'; readonly epoch: number }
  | { readonly type: 'refused' }
  | { readonly type: 'unknown' };

/** Activates a policy on the epoch that the writer had read. */
export async function tryMove(
  database: Database,
  move: { readonly policyId: string; readonly expectedEpoch: number; readonly actor: string },
): Promise<MoveOutcome> {
  try {
    const { epoch } = await activatePolicy(database, { projectId: PROJECT, reason: 'a writer among others', ...move });
    return { type: 'moved', epoch };
  } catch (error) {
    if (error instanceof TrimtabError && error.code === 'conflict') return { type: 'refused' };
    return { type: 'unknown' };
  }
}
