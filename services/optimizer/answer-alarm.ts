import type { Alarm } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { activatePolicy, type PolicyPointer, readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { type Policy, proposePolicy, readPolicy } from '#shared/database/policy-store.ts';
import { readRollbackTarget } from '#shared/database/rollback-target.ts';
import { openRollout } from '#shared/database/rollout-store.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { TrimtabError } from '#shared/errors.ts';
import { watchSchema } from './arm-alarms.ts';
import { automaticPower } from './automatic-power.ts';
import { demoteModel, weightInShape } from './demote-model.ts';
import { createRolloutState } from './rollout/rollout-state.ts';

export interface AnswerAlarmDeps {
  readonly database: Database;
  readonly actor: string;
}

export type AlarmAnswer =
  | {
      readonly type: 'rolled_back' | 'demoted' | 'proposed' | 'reverse_canary' | 'none';
      readonly id: string | null;
      readonly reason: string;
    }
  /** Nothing may be done now; the next look tries again. */
  | { readonly type: 'waiting'; readonly reason: string };

/** Share of sessions that a reverse canary may take, as far as the exposure limit lets it. */
const REVERSE_SHARE = 0.2;

/**
 * What an alarm leads to. A drop of `immediateDrop` or more: back to the previous policy when the present one brought
 * the bad cell, else the bad model's weight to another one. A smaller drop: the previous policy is tried on a slice
 * first, because one stream cannot tell a worse policy from a stricter judge. Where nothing is automatic, a person is
 * left a proposal.
 */
export async function answerAlarm(deps: AnswerAlarmDeps, alarm: Alarm, governance: Governance): Promise<AlarmAnswer> {
  const { database } = deps;
  const pointer = await readPointer(database, alarm.projectId);
  const policy = await readPolicy(database, alarm.projectId, alarm.policyId);
  if (pointer === null || policy === null || pointer.stable !== alarm.policyId) {
    return { type: 'none', id: null, reason: 'the policy is not served any more' };
  }
  const previous = await previousPolicy(database, pointer);
  const automatic = automaticPower(governance, policy.risk) === 'automatic';
  const atOnce = watchSchema.parse(alarm.state).alarm.phase === 'demoted';
  try {
    if (automatic && previous !== null && !atOnce) return await openReverse(deps, alarm, pointer, previous, governance);
    if (automatic && previous !== null && cameWith(policy, previous, alarm)) {
      return await goBack(deps, alarm, policy, pointer);
    }
    return await dropModel(deps, alarm, policy, pointer, governance, atOnce);
  } catch (error) {
    if (error instanceof TrimtabError && error.code === 'conflict') {
      return { type: 'waiting', reason: String(error.details['reason'] ?? error.message) };
    }
    throw error;
  }
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
  const prefixes = (body: Policy['body']) =>
    body.routes.flatMap((route) =>
      route.targets.filter((target) => target.model === cell.model).map((target) => target.prefixId),
    );
  return JSON.stringify([...new Set(prefixes(policy.body))]) !== JSON.stringify([...new Set(prefixes(previous.body))]);
}

async function goBack(
  deps: AnswerAlarmDeps,
  alarm: Alarm,
  policy: Policy,
  pointer: PolicyPointer,
): Promise<AlarmAnswer> {
  const reason = `alarm: ${alarm.model} in ${alarm.turnShape} fell under policy v${policy.number}`;
  const back = await rollBack(deps.database, {
    projectId: alarm.projectId,
    actor: deps.actor,
    reason,
    automatic: true,
    expectedEpoch: pointer.epoch,
    slot: 'stable',
    evidence: { alarmId: alarm.alarmId, ...evidenceOf(alarm) },
  });
  return { type: 'rolled_back', id: back.stable, reason };
}

async function openReverse(
  deps: AnswerAlarmDeps,
  alarm: Alarm,
  pointer: PolicyPointer,
  previous: Policy,
  governance: Governance,
): Promise<AlarmAnswer> {
  const reason = `alarm: does v${previous.number} do better than the present policy in ${alarm.turnShape}?`;
  const settings = rolloutSettingsOf(governance);
  const rollout = await openRollout(deps.database, {
    projectId: alarm.projectId,
    actor: deps.actor,
    reason,
    automatic: true,
    expectedEpoch: pointer.epoch,
    kind: 'reverse',
    candidate: previous.policyId,
    canaryShare: Math.min(REVERSE_SHARE, governance.exposureMax - pointer.explorationShare),
    settings,
    initialState: createRolloutState(settings),
    evidence: { alarmId: alarm.alarmId, ...evidenceOf(alarm) },
  });
  return { type: 'reverse_canary', id: rollout.rolloutId, reason };
}

async function dropModel(
  deps: AnswerAlarmDeps,
  alarm: Alarm,
  policy: Policy,
  pointer: PolicyPointer,
  governance: Governance,
  atOnce: boolean,
): Promise<AlarmAnswer> {
  if (governance.weights === 'off')
    return { type: 'none', id: null, reason: 'the optimizer has no power over weights' };
  const demotion = demoteModel(policy.body, alarm, new Set());
  if (demotion === null) return { type: 'none', id: null, reason: 'no other model may take over' };
  const reason = `alarm: ${alarm.model} fell in ${alarm.turnShape}; ${demotion.successors.map((successor) => successor.model).join(', ')} takes over`;
  const { policy: proposal } = await proposePolicy(deps.database, {
    projectId: alarm.projectId,
    body: demotion.body,
    parentId: policy.policyId,
    author: deps.actor,
    reason,
    evidence: { alarmId: alarm.alarmId, ...evidenceOf(alarm) },
    risk: 'model',
  });
  if (!atOnce || governance.weights !== 'automatic') return { type: 'proposed', id: proposal.policyId, reason };
  await activatePolicy(deps.database, {
    ...{ projectId: alarm.projectId, policyId: proposal.policyId, actor: deps.actor, reason, automatic: true },
    // The demotion was drawn up from this policy: a person who has moved on from it is not overruled.
    expectedEpoch: pointer.epoch,
    evidence: { alarmId: alarm.alarmId, ...evidenceOf(alarm) },
  });
  return { type: 'demoted', id: proposal.policyId, reason };
}

function evidenceOf(alarm: Alarm): Readonly<Record<string, unknown>> {
  return typeof alarm.evidence === 'object' && alarm.evidence !== null ? { alarm: alarm.evidence } : {};
}
