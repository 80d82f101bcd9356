import * as z from 'zod';
import type { Alarm } from '#shared/database/alarm-store.ts';
import { listAudit } from '#shared/database/audit-log.ts';
import type { Database } from '#shared/database/connect.ts';
import { readWatchedSessions } from '#shared/database/estimation-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { answerAlarm } from './answer-alarm.ts';
import { armAlarms, type Watch, watchSchema } from './arm-alarms.ts';
import { type AlarmStep, createAlarmState, watchSession } from './rollout/alarm-state.ts';
import { createKeyShares } from './rollout/key-shares.ts';
import { saveWatch } from './save-watch.ts';
import { settleConfirmation, settleElsewhere } from './settle-alarm.ts';

export interface WatchAlarmsDeps {
  readonly database: Database;
  readonly now: () => number;
  readonly actor: string;
}

export interface AlarmReport {
  readonly watched: number;
  readonly raised: readonly { readonly turnShape: string; readonly model: string; readonly answer: string }[];
}

/** Sessions fed per alarm and look. */
const SESSIONS_PER_LOOK = 500;
const MOVES = ['policy.activated', 'policy.pinned', 'policy.rolled_back', 'rollout.promoted'] as const;
const MOVES_READ = 50;
const moveSchema = z.looseObject({ after: z.looseObject({ stable: z.string() }) });

/**
 * One look at the alarms of the stable policy: arms new cells, feeds newly scored sessions in the order of their
 * scoring, and answers what has gone off. Raising is recorded even while the optimizer is paused; only the answer waits.
 */
export async function watchAlarms(deps: WatchAlarmsDeps, projectId: string): Promise<AlarmReport> {
  const { database } = deps;
  const pointer = await readPointer(database, projectId);
  const governance = await readGovernance(database, projectId);
  if (pointer === null || governance === null) return { watched: 0, raised: [] };
  const alarms = await armAlarms(deps, pointer, governance.body);
  const settling = { ...deps, alpha: governance.body.alphas.proven };
  await settleElsewhere(settling, projectId, pointer.stable);
  const raised: { turnShape: string; model: string; answer: string }[] = [];
  for (const alarm of alarms) {
    const current = await settleConfirmation(settling, await revive(deps, alarm));
    const fed = current.status === 'watching' ? await feed(deps, current) : current;
    if (fed === null || fed.status !== 'raised') continue;
    const answer = await answered(deps, fed, governance.body);
    raised.push({ turnShape: fed.turnShape, model: fed.model, answer });
    // The pointer may have moved, and the other alarms are about a policy that is not served any more.
    if (answer === 'rolled_back' || answer === 'demoted') break;
  }
  return { watched: alarms.length, raised };
}

/** A policy that was made stable again after its alarm, by a person or on new proof: its watch starts over. */
async function revive(deps: WatchAlarmsDeps, alarm: Alarm): Promise<Alarm> {
  const { raisedAt, projectId, policyId } = alarm;
  if (alarm.status === 'watching' || raisedAt === null) return alarm;
  const moves = await listAudit(deps.database, projectId, { limit: MOVES_READ, actions: MOVES });
  const putBack = moves.find((move) => move.happenedAt > raisedAt && stableAfter(move.details) === policyId);
  if (putBack === undefined) return alarm;
  const watch = watchSchema.parse(alarm.state);
  // What was scored before belongs to the alarm that has been answered.
  const cursor = { at: putBack.happenedAt.toISOString(), sessionId: '' };
  const fresh: Watch = { ...watch, alarm: createAlarmState(watch.settings), cursor, handled: null };
  const reason = 'the policy was activated again';
  return await saveWatch(deps, alarm, { status: 'watching', watch: fresh, evidence: {}, reason });
}

function stableAfter(details: unknown): string | null {
  const move = moveSchema.safeParse(details);
  return move.success ? move.data.after.stable : null;
}

async function feed(deps: WatchAlarmsDeps, alarm: Alarm): Promise<Alarm | null> {
  const watch = watchSchema.parse(alarm.state);
  const { turnShape, model, policyId, projectId } = alarm;
  const cell = { turnShape, model, policyId };
  const sessions = await readWatchedSessions(deps.database, projectId, cell, watch.cursor, SESSIONS_PER_LOOK);
  const shares = createKeyShares(watch.keys);
  let next = watch;
  let step: AlarmStep | null = null;
  for (const session of sessions) {
    const { keyId } = session;
    const caller = { keyId, weight: shares.hear(keyId), keys: shares.count() };
    step = watchSession(next.alarm, session.quality, watch.settings, caller);
    next = { ...next, alarm: step.state, cursor: { at: session.at, sessionId: session.sessionId } };
    if (step.action !== 'none') break;
  }
  next = { ...next, keys: shares.counts() };
  if (step === null) return null;
  const reason = describe(alarm, step);
  const status = step.action === 'none' ? 'watching' : 'raised';
  const evidence = { ...step.evidence, action: step.action };
  return await saveWatch(deps, alarm, { status, watch: next, evidence, reason });
}

async function answered(deps: WatchAlarmsDeps, alarm: Alarm, governance: Governance): Promise<string> {
  const watch = watchSchema.parse(alarm.state);
  if (watch.handled !== null) return watch.handled.action;
  const answer = await answerAlarm(deps, alarm, governance);
  if (answer.type === 'waiting') return `waiting: ${answer.reason}`;
  const done = answer.type === 'rolled_back' || answer.type === 'demoted';
  const handled: Watch['handled'] = { action: answer.type, id: answer.id };
  await saveWatch(deps, alarm, {
    ...{ status: done ? 'confirmed' : 'raised', watch: { ...watch, handled }, evidence: alarm.evidence },
    ...{ reason: answer.reason, demoted: done && answer.modelLost },
  });
  return answer.type;
}

function describe(alarm: Alarm, step: AlarmStep): string {
  const { statistic, threshold, baseline, dropEstimate, sessions } = step.evidence;
  const drop = dropEstimate === null ? 'of unknown size' : `of ${(100 * dropEstimate).toFixed(0)} points`;
  return `quality of ${alarm.model} in ${alarm.turnShape}: drop ${drop} below ${baseline.toFixed(3)} after ${sessions} sessions (statistic ${statistic.toPrecision(3)} of ${threshold.toPrecision(3)})`;
}
