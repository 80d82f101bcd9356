import * as z from 'zod';
import type { Alarm } from '#shared/database/alarm-store.ts';
import { armAlarm, readAlarms, readLastDemotion, readLatestAlarm } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import {
  countWatchableSessions,
  readCanaryQualities,
  readIncumbentQualities,
  readOwnQualities,
  readServedCells,
  readWatchedSessions,
} from '#shared/database/estimation-store.ts';
import type { PolicyPointer } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { prefixesInShape } from './demote-model.ts';
import { alarmSettingsSchema, alarmStateSchema, createAlarmState } from './rollout/alarm-state.ts';
import { lowerConfidenceBound } from './rollout/confidence-sequence.ts';
import { alarmThreshold } from './rollout/e-sr.ts';

/** What the row of an alarm remembers beside the statistics: its frozen rules, its place, and what was done about it. */
export const watchSchema = z.object({
  alarm: alarmStateSchema,
  settings: alarmSettingsSchema,
  /** Sessions by key so far, so that no key is heard beyond its share. */
  keys: z.record(z.string(), z.number()).default({}),
  cursor: z.object({ at: z.string(), sessionId: z.string() }).nullable(),
  /** What came of it, so that nothing is done twice; null while it is still to be done. */
  handled: z
    .object({
      action: z.enum(['rolled_back', 'demoted', 'proposed', 'reverse_canary', 'none']),
      id: z.string().nullable(),
    })
    .nullable(),
});

export type Watch = z.infer<typeof watchSchema>;

/** Sessions of before that a baseline needs, and those of the policy itself when there were none. */
export const EARLIER_SESSIONS_MIN = 20;
const OWN_SESSIONS = 30;
export const BASELINE_SESSIONS_MAX = 500;
const MONTH_MS = 30 * 86_400_000;
/** A system that has just begun will be busier. */
const SESSIONS_PER_MONTH_MIN = 100;

/**
 * Arms the cells that the stable policy serves and that are not armed yet. A cell that the policy before served alike is
 * watched on as it was; else a baseline is frozen, and where it takes the policy's first sessions these are not watched.
 */
export async function armAlarms(
  deps: { readonly database: Database; readonly now: () => number },
  pointer: PolicyPointer,
  governance: Governance,
): Promise<Alarm[]> {
  const { database } = deps;
  const { projectId, stable: policyId } = pointer;
  const since = new Date(deps.now() - MONTH_MS);
  const cells = await readServedCells(database, projectId, policyId, since);
  const armed = await readAlarms(database, projectId, policyId);
  const unarmed = cells.filter(
    (cell) => !armed.some((alarm) => alarm.turnShape === cell.turnShape && alarm.model === cell.model),
  );
  if (unarmed.length === 0) return armed;
  // The traffic of all policies: a cell that has just begun says nothing of how busy it will be.
  const sessions = Math.max(SESSIONS_PER_MONTH_MIN, await countWatchableSessions(database, projectId, since));
  const threshold = alarmThreshold(sessions, governance.alarm.falseAlarmsPerMonth);
  for (const cell of unarmed) {
    const inherited = await inheritedWatch(database, pointer, cell);
    if (inherited !== null) {
      const watch = { ...inherited, settings: { ...inherited.settings, threshold } };
      await armAlarm(database, { projectId, policyId, ...cell }, watch);
      continue;
    }
    const baseline = await findBaseline(database, pointer, cell, governance.alphas.proven);
    if (baseline === null) continue;
    const settings = {
      baseline: baseline.quality,
      tolerance: governance.alarm.tolerance,
      immediateDrop: governance.alarm.immediateDrop,
      threshold,
    };
    const { cursor } = baseline;
    const watch: Watch = { alarm: createAlarmState(settings), settings, keys: {}, cursor, handled: null };
    await armAlarm(database, { projectId, policyId, turnShape: cell.turnShape, model: cell.model }, watch);
  }
  return await readAlarms(database, projectId, policyId);
}

/**
 * The watch of the cell under the policy before, when the present one changes nothing in it: a step of some weight must
 * not make an alarm forget what it has seen, nor take a quality that is falling for its baseline.
 */
async function inheritedWatch(
  database: Database,
  pointer: PolicyPointer,
  cell: { readonly turnShape: string; readonly model: string },
): Promise<Watch | null> {
  const { projectId, stable } = pointer;
  const before = await readLatestAlarm(database, projectId, cell);
  if (before === null || (before.status !== 'watching' && before.status !== 'raised')) return null;
  const [served, watched] = [
    await readPolicy(database, projectId, stable),
    await readPolicy(database, projectId, before.policyId),
  ];
  if (served === null || watched === null) return null;
  const alike = prefixesInShape(served.body, cell).join() === prefixesInShape(watched.body, cell).join();
  if (!alike) return null;
  // One that has gone off and was not answered goes off again at the next session.
  const watch = watchSchema.parse(before.state);
  return { ...watch, alarm: { ...watch.alarm, phase: 'watching' }, cursor: null, handled: null };
}

/**
 * What the model has been chosen for: the lower bound of its own sessions under other policies and in exploration since it
 * last fell, and in the canary of this policy, the larger of the two. A cheaper model that is proven at the bar is not
 * held to what a dearer one did; a model that nothing is known of is held to what its predecessors did in the shape.
 */
async function findBaseline(
  database: Database,
  pointer: PolicyPointer,
  cell: { readonly turnShape: string; readonly model: string },
  alpha: number,
): Promise<{ readonly quality: number; readonly cursor: Watch['cursor'] } | null> {
  const { projectId, stable: policyId, revoked } = pointer;
  const { turnShape, model } = cell;
  const since = (await readLastDemotion(database, projectId, cell)) ?? new Date(0);
  const canary = await readCanaryQualities(database, projectId, { turnShape, model, policyId }, BASELINE_SESSIONS_MAX);
  const own = await readOwnQualities(database, projectId, { ...cell, policyId, since }, BASELINE_SESSIONS_MAX);
  const known = [canary, own].filter((qualities) => qualities.length >= EARLIER_SESSIONS_MIN);
  if (known.length > 0) {
    return { quality: Math.max(...known.map((each) => lowerConfidenceBound(each, alpha))), cursor: null };
  }
  const shape = { turnShape, policyId, revoked };
  const incumbent = await readIncumbentQualities(database, projectId, shape, BASELINE_SESSIONS_MAX);
  if (incumbent.length >= EARLIER_SESSIONS_MIN) {
    return { quality: lowerConfidenceBound(incumbent, alpha), cursor: null };
  }
  const first = await readWatchedSessions(database, projectId, { turnShape, model, policyId }, null, OWN_SESSIONS);
  const last = first.at(-1);
  if (first.length < OWN_SESSIONS || last === undefined) return null;
  const qualities = first.map((session) => session.quality);
  return { quality: lowerConfidenceBound(qualities, alpha), cursor: { at: last.at, sessionId: last.sessionId } };
}
