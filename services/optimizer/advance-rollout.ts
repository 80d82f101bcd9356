import type { Database } from '#shared/database/connect.ts';
import { readRolloutSessions } from '#shared/database/estimation-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import {
  concludeRollout,
  promoteRollout,
  type Rollout,
  readRunningRollout,
  rollBackRollout,
  saveRolloutStep,
} from '#shared/database/rollout-store.ts';
import type { RolloutDecision } from '#shared/domain/rollout.ts';
import { TrimtabError } from '#shared/errors.ts';
import { automaticPower } from './automatic-power.ts';
import { analyseRollout, type RolloutAnalysis } from './rollout/analyse-rollout.ts';
import type { SessionObservation } from './rollout/pair-sessions.ts';
import { rolloutStateSchema } from './rollout/rollout-state.ts';

export interface AdvanceRolloutDeps {
  readonly database: Database;
  readonly now: () => number;
  /** Name in the audit log: `optimizer:<instance>`. */
  readonly actor: string;
}

export type RolloutStep =
  | { readonly type: 'none' }
  /** Another optimizer was faster, or the pointer has moved: the next look sees why. */
  | { readonly type: 'overtaken'; readonly rolloutId: string }
  /** The decision stands and is carried out when the optimizer may act again. */
  | { readonly type: 'held'; readonly rolloutId: string; readonly decision: RolloutDecision; readonly reason: string }
  | { readonly type: 'continue'; readonly rolloutId: string; readonly newPairs: number }
  | { readonly type: 'ended'; readonly rollout: Rollout; readonly decision: Exclude<RolloutDecision, 'continue'> };

/**
 * One look at the running rollout: pairs that have become ready enter the analysis, which is stored before anything is
 * done about it. Killed in between, the next look finds the same decision in the state and carries it out.
 */
export async function advanceRollout(deps: AdvanceRolloutDeps, projectId: string): Promise<RolloutStep> {
  const { database } = deps;
  const rollout = await readRunningRollout(database, projectId);
  if (rollout === null) return { type: 'none' };
  const { rolloutId } = rollout;
  const analysis = await analyse(deps, rollout);
  const saved = await saveRolloutStep(database, {
    rollout,
    state: analysis.state,
    evidence: analysis.evidence,
    pairs: analysis.newPairs,
  });
  if (!saved) return { type: 'overtaken', rolloutId };
  const { decision } = analysis;
  if (decision === 'continue') return { type: 'continue', rolloutId, newPairs: analysis.newPairs.length };
  if (changesStable(rollout, decision) && !(await mayChangeStable(database, rollout))) {
    return { type: 'held', rolloutId, decision, reason: 'not_automatic' };
  }
  try {
    await carryOut(deps, rollout, decision, analysis);
  } catch (error) {
    if (!(error instanceof TrimtabError && error.code === 'conflict')) throw error;
    const { reason } = error.details;
    if (reason === 'paused' || reason === 'pinned') return { type: 'held', rolloutId, decision, reason };
    return { type: 'overtaken', rolloutId };
  }
  return { type: 'ended', rollout, decision };
}

function changesStable(rollout: Rollout, decision: RolloutDecision): boolean {
  return decision === (rollout.kind === 'reverse' ? 'rollBack' : 'promote');
}

/** A rollout is opened by a power that may be taken back while it runs; harm is taken out of service all the same. */
async function mayChangeStable(database: Database, rollout: Rollout): Promise<boolean> {
  const { projectId, kind, candidate, baseline } = rollout;
  const governance = await readGovernance(database, projectId);
  // A reverse canary of an earlier policy undoes its baseline, which is what there must be power over.
  const undoes = kind === 'reverse' && !(await isDemotion(database, rollout));
  const changed = await readPolicy(database, projectId, undoes ? baseline : candidate);
  if (governance === null || changed === null) return false;
  return automaticPower(governance.body, changed.risk) === 'automatic';
}

/** Whether the candidate was drawn up from the policy that it is compared with, and not served before it. */
async function isDemotion(database: Database, { projectId, candidate, baseline }: Rollout): Promise<boolean> {
  return (await readPolicy(database, projectId, candidate))?.parentId === baseline;
}

async function analyse(deps: AdvanceRolloutDeps, rollout: Rollout): Promise<RolloutAnalysis> {
  const sessions = await readRolloutSessions(deps.database, rollout.projectId, rollout.rolloutId);
  const observations = rollout.kind === 'reverse' ? sessions.map(swapped) : sessions;
  const clock = { openedAtMs: rollout.openedAt.getTime(), nowMs: deps.now() };
  return analyseRollout(rolloutStateSchema.parse(rollout.state), observations, rollout.settings, clock);
}

/**
 * A reverse canary serves the remedy of an alarm, such as the previous policy. The question is still whether the present one does harm, so that it
 * stands in the canary's place of the analysis.
 */
function swapped(session: SessionObservation): SessionObservation {
  return { ...session, variant: session.variant === 'canary' ? 'control' : 'canary' };
}

async function carryOut(
  deps: AdvanceRolloutDeps,
  rollout: Rollout,
  decision: Exclude<RolloutDecision, 'continue'>,
  analysis: RolloutAnalysis,
): Promise<void> {
  const change = {
    projectId: rollout.projectId,
    rolloutId: rollout.rolloutId,
    actor: deps.actor,
    // Taking harm out of service is no use of power: a pause or a pin keeps the stable policy, and so does this.
    automatic: !(rollout.kind === 'canary' && decision === 'rollBack'),
    reason: analysis.evidence.text,
    evidence: analysis.evidence,
  };
  if (rollout.kind === 'reverse') {
    // Harm in the present policy brings the remedy; anything else leaves things as they are. A policy that lost one
    // model in one shape was good for the rest, and may be gone back to.
    const revokeBaseline = !(await isDemotion(deps.database, rollout));
    if (decision === 'rollBack') await promoteRollout(deps.database, { ...change, revokeBaseline });
    else await concludeRollout(deps.database, change);
    return;
  }
  if (decision === 'promote') await promoteRollout(deps.database, change);
  else if (decision === 'rollBack') await rollBackRollout(deps.database, change);
  else await concludeRollout(deps.database, change);
}
