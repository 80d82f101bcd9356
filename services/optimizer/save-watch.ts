import { type Alarm, saveAlarmStep } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { Watch } from './arm-alarms.ts';

export interface WatchStep {
  readonly status: Alarm['status'];
  readonly watch: Watch;
  readonly evidence: unknown;
  readonly reason: string;
  /** True when with this step the model has lost the cell. */
  readonly demoted?: boolean | undefined;
}

/** Stores the step; when another optimizer was faster its step stands, and the alarm is left alone for this look. */
export async function saveWatch(
  deps: { readonly database: Database; readonly actor: string },
  alarm: Alarm,
  step: WatchStep,
): Promise<Alarm> {
  const { status, watch, evidence, reason, demoted } = step;
  const lastSessionAt = watch.cursor === null ? null : new Date(watch.cursor.at);
  const stored = { status, state: watch, evidence, lastSessionAt, actor: deps.actor, reason, demoted };
  const saved = await saveAlarmStep(deps.database, alarm, stored);
  return saved ? { ...alarm, status, state: watch, evidence, lastSessionAt } : { ...alarm, status: 'cleared' };
}
