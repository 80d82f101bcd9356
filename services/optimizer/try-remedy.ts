import type { Alarm } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { type PolicyPointer, readPointer } from '#shared/database/pointer-store.ts';
import type { Policy } from '#shared/database/policy-store.ts';
import { abortRollout, openRollout, readRollout } from '#shared/database/rollout-store.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createRolloutState } from './rollout/rollout-state.ts';

export interface AnswerAlarmDeps {
  readonly database: Database;
  readonly actor: string;
}

/** Share of sessions that a reverse canary may take, as far as the exposure limit lets it. */
const REVERSE_SHARE = 0.2;

/** What an alarm is about, as it stands when it is answered. */
export interface AlarmCase {
  readonly alarm: Alarm;
  readonly governance: Governance;
  readonly pointer: PolicyPointer;
  readonly policy: Policy;
  /** Act without asking a reverse canary first. */
  readonly atOnce: boolean;
}

/** A reverse canary: does the remedy do better than the present policy, in the same traffic and by the same judges? */
export async function tryRemedy(
  deps: AnswerAlarmDeps,
  facts: AlarmCase,
  remedy: Policy,
): Promise<{ readonly rolloutId: string; readonly reason: string }> {
  const { alarm, governance } = facts;
  const pointer = await endRolloutForAlarm(deps, facts, facts.pointer, 'canary');
  const reason = `alarm: does v${remedy.number} do better than the present policy in ${alarm.turnShape}?`;
  // The other shapes are served alike in both arms: their sessions would only thin what there is to find.
  const settings = { ...rolloutSettingsOf(governance), stratum: alarm.turnShape };
  const rollout = await openRollout(deps.database, {
    ...changeForAlarm(deps, facts, pointer),
    ...{ reason, kind: 'reverse', candidate: remedy.policyId, settings },
    canaryShare: Math.min(REVERSE_SHARE, governance.exposureMax - pointer.explorationShare),
    initialState: createRolloutState(settings),
  });
  return { rolloutId: rollout.rolloutId, reason };
}

/** The pointer without the running rollout; a reverse canary that runs already is left to end, unless `any` may go. */
export async function endRolloutForAlarm(
  deps: AnswerAlarmDeps,
  facts: AlarmCase,
  pointer: PolicyPointer,
  which: 'any' | 'canary',
): Promise<PolicyPointer> {
  const { projectId, rolloutId } = pointer;
  if (rolloutId === null) return pointer;
  const running = await readRollout(deps.database, projectId, rolloutId);
  if (which === 'canary' && running?.kind === 'reverse') return pointer;
  const reason = `alarm: ${facts.alarm.model} fell in ${facts.alarm.turnShape}, under the policy that the canary is compared with`;
  await abortRollout(deps.database, { ...changeForAlarm(deps, facts, pointer), rolloutId, reason });
  const after = await readPointer(deps.database, projectId);
  if (after?.stable !== pointer.stable) throw new TrimtabError('conflict', 'the policy is not served any more');
  return after;
}

/** What every answer has in common; drawn up from a pointer, so that a person who has moved on is not overruled. */
export function changeForAlarm(deps: AnswerAlarmDeps, { alarm }: AlarmCase, pointer: PolicyPointer) {
  return {
    ...{ projectId: alarm.projectId, actor: deps.actor, automatic: true, expectedEpoch: pointer.epoch },
    evidence: alarmEvidence(alarm),
  };
}

export function alarmEvidence(alarm: Alarm): Readonly<Record<string, unknown>> {
  const { alarmId, evidence } = alarm;
  return typeof evidence === 'object' && evidence !== null ? { alarmId, alarm: evidence } : { alarmId };
}
