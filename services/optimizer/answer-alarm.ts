import type { Alarm } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { activatePolicy, type PolicyPointer, readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { type Policy, proposePolicy, readPolicy } from '#shared/database/policy-store.ts';
import { readRollbackTarget } from '#shared/database/rollback-target.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { TrimtabError } from '#shared/errors.ts';
import { watchSchema } from './arm-alarms.ts';
import { automaticPower } from './automatic-power.ts';
import { demoteModel, prefixesInShape, weightInShape } from './demote-model.ts';
import { readJudgeDrift } from './read-judge-drift.ts';
import {
  type AlarmCase,
  type AnswerAlarmDeps,
  alarmEvidence,
  changeForAlarm,
  endRolloutForAlarm,
  tryRemedy,
} from './try-remedy.ts';

export type AlarmAnswer =
  | {
      readonly type: 'rolled_back' | 'demoted' | 'proposed' | 'reverse_canary' | 'none';
      readonly id: string | null;
      readonly reason: string;
      /** True when the model has less of the shape from now on. */
      readonly modelLost: boolean;
    }
  /** Nothing may be done now; the next look tries again. */
  | { readonly type: 'waiting'; readonly reason: string };

/**
 * What an alarm leads to. The remedy is the previous policy when the present one brought the bad cell, else the present
 * one without the model in the shape. A drop of `immediateDrop` or more gets it at once; a smaller one, and any while the
 * anchors of a judge have moved, has it tried on a slice first, because one stream cannot tell a worse policy from a
 * stricter judge or harder traffic, and two arms at the same time can. Where nothing is automatic, a person is left a
 * proposal.
 */
export async function answerAlarm(deps: AnswerAlarmDeps, alarm: Alarm, governance: Governance): Promise<AlarmAnswer> {
  const { database } = deps;
  const pointer = await readPointer(database, alarm.projectId);
  const policy = await readPolicy(database, alarm.projectId, alarm.policyId);
  if (pointer === null || policy === null || pointer.stable !== alarm.policyId) return none(NOT_SERVED);
  const large = watchSchema.parse(alarm.state).alarm.phase === 'demoted';
  const atOnce = large && !(await readJudgeDrift(database, alarm.projectId, alarm.armedAt));
  const facts: AlarmCase = { alarm, governance, pointer, policy, atOnce };
  try {
    const previous = await previousPolicy(database, pointer);
    const blamed = previous !== null && cameWith(policy, previous, alarm);
    if (blamed && automaticPower(governance, policy.risk) === 'automatic') {
      return atOnce ? await goBack(deps, facts, previous) : await tryFirst(deps, facts, previous);
    }
    return await dropModel(deps, facts);
  } catch (error) {
    if (!(error instanceof TrimtabError)) throw error;
    if (error.code === 'conflict') {
      return { type: 'waiting', reason: String(error.details['reason'] ?? error.message) };
    }
    // What governance refuses now it will refuse at the next look, too.
    if (REFUSALS.includes(error.code)) return none(error.message);
    throw error;
  }
}

const REFUSALS: readonly string[] = ['forbidden', 'model_not_allowed'];
const NOT_SERVED = 'the policy is not served any more';

function none(reason: string): AlarmAnswer {
  return { type: 'none', id: null, reason, modelLost: false };
}

async function previousPolicy(database: Database, pointer: PolicyPointer): Promise<Policy | null> {
  try {
    return await readPolicy(database, pointer.projectId, await readRollbackTarget(database, pointer));
  } catch (error) {
    if (error instanceof TrimtabError && error.code === 'conflict') return null;
    throw error;
  }
}

/** Whether the present policy sends more of the shape to the model than the one before, or with another prefix. */
function cameWith(
  policy: Policy,
  previous: Policy,
  cell: { readonly turnShape: string; readonly model: string },
): boolean {
  if (weightInShape(policy.body, cell) > weightInShape(previous.body, cell)) return true;
  return prefixesInShape(policy.body, cell).join() !== prefixesInShape(previous.body, cell).join();
}

async function goBack(deps: AnswerAlarmDeps, facts: AlarmCase, previous: Policy): Promise<AlarmAnswer> {
  const { alarm, policy, pointer } = facts;
  const reason = `alarm: ${alarm.model} in ${alarm.turnShape} fell under policy v${policy.number}`;
  const back = await rollBack(deps.database, { ...changeForAlarm(deps, facts, pointer), reason, slot: 'stable' });
  const modelLost = weightInShape(previous.body, alarm) < weightInShape(policy.body, alarm);
  return { type: 'rolled_back', id: back.stable, reason, modelLost };
}

/** The present policy without the model in the shape: at once, after a reverse canary, or as a proposal. */
async function dropModel(deps: AnswerAlarmDeps, facts: AlarmCase): Promise<AlarmAnswer> {
  const { alarm, policy, governance, atOnce } = facts;
  if (governance.weights === 'off') return none('the optimizer has no power over weights');
  const demotion = demoteModel(policy.body, alarm, new Set());
  if (demotion === null) return none('no other model may take over');
  const successors = demotion.successors.map((successor) => successor.model).join(', ');
  const reason = `alarm: ${alarm.model} fell in ${alarm.turnShape}; ${successors} takes over`;
  const { policy: proposal } = await proposePolicy(deps.database, {
    ...{ projectId: alarm.projectId, body: demotion.body, parentId: policy.policyId, author: deps.actor, reason },
    ...{ evidence: alarmEvidence(alarm), risk: 'model' },
  });
  const proposed: AlarmAnswer = { type: 'proposed', id: proposal.policyId, reason, modelLost: false };
  if (governance.weights !== 'automatic') return proposed;
  try {
    return atOnce ? await demote(deps, facts, proposal, reason) : await tryFirst(deps, facts, proposal);
  } catch (error) {
    // A person may still take it: two may have to approve it, or it may leave no room for a canary.
    if (error instanceof TrimtabError && error.code === 'forbidden') return proposed;
    throw error;
  }
}

async function tryFirst(deps: AnswerAlarmDeps, facts: AlarmCase, remedy: Policy): Promise<AlarmAnswer> {
  const { rolloutId, reason } = await tryRemedy(deps, facts, remedy);
  return { type: 'reverse_canary', id: rolloutId, reason, modelLost: false };
}

async function demote(deps: AnswerAlarmDeps, facts: AlarmCase, proposal: Policy, reason: string): Promise<AlarmAnswer> {
  // A canary is compared with the policy that has just fallen: what it would prove is nothing.
  const seen = await endRolloutForAlarm(deps, facts, facts.pointer, 'any');
  const change = { ...changeForAlarm(deps, facts, seen), reason, policyId: proposal.policyId };
  await activatePolicy(deps.database, change);
  return { type: 'demoted', id: proposal.policyId, reason, modelLost: true };
}
