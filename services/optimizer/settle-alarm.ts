import { type Alarm, readRaisedAlarms } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { readWatchedSessions } from '#shared/database/estimation-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { readRollout } from '#shared/database/rollout-store.ts';
import { BASELINE_SESSIONS_MAX, EARLIER_SESSIONS_MIN, type Watch, watchSchema } from './arm-alarms.ts';
import { weightInShape } from './demote-model.ts';
import { settleAlarm } from './rollout/alarm-state.ts';
import { lowerConfidenceBound } from './rollout/confidence-sequence.ts';
import { saveWatch } from './save-watch.ts';

export interface SettleDeps {
  readonly database: Database;
  readonly actor: string;
  /** Chance of a baseline that is above what was held. */
  readonly alpha: number;
}

/**
 * The alarm after its reverse canary has ended. One that brought the remedy confirms it. Otherwise both arms did as badly
 * at the same time: it is the judge or the traffic that has changed, and the watch starts over from what is held now.
 */
export async function settleConfirmation(deps: SettleDeps, alarm: Alarm): Promise<Alarm> {
  const watch = watchSchema.parse(alarm.state);
  if (alarm.status !== 'raised' || watch.handled?.action !== 'reverse_canary') return alarm;
  const { id } = watch.handled;
  const rollout = id === null ? null : await readRollout(deps.database, alarm.projectId, id);
  if (rollout?.status === 'running') return alarm;
  const { evidence } = alarm;
  if (rollout?.status === 'promoted') {
    return await saveWatch(deps, alarm, {
      ...{ status: 'confirmed', evidence, reason: 'the reverse canary confirmed it' },
      watch: { ...watch, alarm: settleAlarm(watch.alarm, true, watch.settings) },
      demoted: await hasLost(deps.database, alarm, rollout.candidate),
    });
  }
  return await saveWatch(deps, alarm, {
    ...{ status: 'watching', evidence, reason: 'the reverse canary did not confirm it' },
    watch: await startedOver(deps, alarm, watch),
  });
}

/**
 * Alarms that stand on policies which are not served any more: settled by the reverse canary that replaced them, else
 * given up. Where a person took the model out of the cell, that counts as the alarm's doing.
 */
export async function settleElsewhere(deps: SettleDeps, projectId: string, stable: string): Promise<void> {
  for (const alarm of await readRaisedAlarms(deps.database, projectId)) {
    if (alarm.policyId === stable) continue;
    const settled = await settleConfirmation(deps, alarm);
    if (settled.status !== 'raised' && settled.status !== 'watching') continue;
    await saveWatch(deps, settled, {
      ...{ status: 'cleared', watch: watchSchema.parse(settled.state), evidence: settled.evidence },
      reason: 'the policy is not served any more',
      demoted: await hasLost(deps.database, alarm, stable),
    });
  }
}

/** Whether a policy gives the model less of the shape than the policy that the alarm stands on. */
async function hasLost(database: Database, alarm: Alarm, policyId: string): Promise<boolean> {
  const before = await readPolicy(database, alarm.projectId, alarm.policyId);
  const after = await readPolicy(database, alarm.projectId, policyId);
  if (before === null || after === null) return false;
  return weightInShape(after.body, alarm) < weightInShape(before.body, alarm);
}

async function startedOver(deps: SettleDeps, alarm: Alarm, watch: Watch): Promise<Watch> {
  const { turnShape, model, policyId, projectId } = alarm;
  const cell = { turnShape, model, policyId };
  const since = await readWatchedSessions(deps.database, projectId, cell, watch.cursor, BASELINE_SESSIONS_MAX);
  const last = since.at(-1);
  const enough = since.length >= EARLIER_SESSIONS_MIN;
  const held = since.map((session) => session.quality);
  const settings = enough
    ? { ...watch.settings, baseline: Math.min(watch.settings.baseline, lowerConfidenceBound(held, deps.alpha)) }
    : watch.settings;
  const cursor = enough && last !== undefined ? { at: last.at, sessionId: last.sessionId } : watch.cursor;
  return { ...watch, settings, cursor, alarm: settleAlarm(watch.alarm, false, settings), handled: null };
}
