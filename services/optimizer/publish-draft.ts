import type { Database } from '#shared/database/connect.ts';
import { activatePolicy, readPointer } from '#shared/database/pointer-store.ts';
import { type Policy, proposePolicy } from '#shared/database/policy-store.ts';
import { openRollout } from '#shared/database/rollout-store.ts';
import { isLeaseLost, type RunFence } from '#shared/database/run-fence.ts';
import type { AutomationMode, Governance } from '#shared/domain/governance.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createRolloutState } from './rollout/rollout-state.ts';

export interface PublishDeps {
  readonly database: Database;
  readonly actor: string;
}

/** How far governance lets a draft go, and who decided on it. */
export interface Publishing {
  readonly governance: Governance;
  readonly mode: AutomationMode;
  /** Absent where no run decides. */
  readonly run?: RunFence | undefined;
}

export interface Draft {
  readonly body: PolicyBody;
  readonly reason: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** True when canary and control would be served alike, so that a rollout could show nothing. */
  readonly explorationOnly?: boolean;
  /** The only turn shape that it changes, where there is one; the others would only thin what a rollout has to find. */
  readonly turnShape?: string;
  /** Why it goes no further than being stored, whatever the mode; what logged sessions say, for instance. */
  readonly heldBy?: string | undefined;
}

/** What became of a draft: a proposal for a person, or a rollout; `heldBy` says why there is none in automatic mode. */
export interface Published {
  readonly policyId: string;
  readonly number: number;
  readonly rolloutId: string | null;
  /** True for a change of no more than a step between models that are served, or of exploration: no canary judges it. */
  readonly activated: boolean;
  readonly heldBy: string | null;
}

/**
 * Stores a draft as a policy version, and when governance lets the optimizer act, opens a rollout of it, or activates it
 * where its class is automatic: alarms watch it from then on. The same draft
 * published twice is one version, so that a resumed run repeats nothing. Throws `conflict` (`lease_lost`) when another
 * optimizer has taken the run over: it publishes in its stead.
 */
export async function publishDraft(
  deps: PublishDeps,
  stable: Policy,
  draft: Draft,
  { governance, mode, run }: Publishing,
): Promise<Published> {
  const { projectId } = stable;
  const { explorationOnly, turnShape, heldBy: held, ...version } = draft;
  const { policy } = await proposePolicy(deps.database, {
    ...version,
    projectId,
    parentId: stable.policyId,
    author: deps.actor,
  });
  const stored = { policyId: policy.policyId, number: policy.number, activated: false };
  if (mode !== 'automatic') return { ...stored, rolloutId: null, heldBy: null };
  if (held !== undefined) return { ...stored, rolloutId: null, heldBy: held };
  const pointer = await readPointer(deps.database, projectId);
  if (pointer?.canary === policy.policyId) return { ...stored, rolloutId: pointer.rolloutId, heldBy: null };
  // A run that was killed after it had activated the draft finds it served.
  if (pointer?.stable === policy.policyId) return { ...stored, rolloutId: null, activated: true, heldBy: null };
  if (pointer?.stable !== stable.policyId) return { ...stored, rolloutId: null, heldBy: 'stable_moved' };
  const settings = { ...rolloutSettingsOf(governance), stratum: turnShape ?? null };
  const change = {
    ...{ projectId, actor: deps.actor, reason: draft.reason, automatic: true, expectedEpoch: pointer.epoch },
    ...{ evidence: draft.evidence, run },
  };
  try {
    if (explorationOnly === true || policy.riskClass === 'automatic') {
      await activatePolicy(deps.database, { ...change, policyId: policy.policyId });
      return { ...stored, rolloutId: null, activated: true, heldBy: null };
    }
    const rollout = await openRollout(deps.database, {
      ...change,
      candidate: policy.policyId,
      canaryShare: governance.rollout.canary,
      settings,
      initialState: createRolloutState(settings),
    });
    return { ...stored, rolloutId: rollout.rolloutId, heldBy: null };
  } catch (error) {
    if (isLeaseLost(error)) throw error;
    if (!(error instanceof TrimtabError) || (error.code !== 'conflict' && error.code !== 'forbidden')) throw error;
    const { reason } = error.details;
    const heldBy = pointer.rolloutId !== null ? 'rollout_running' : typeof reason === 'string' ? reason : error.message;
    return { ...stored, rolloutId: null, heldBy };
  }
}
