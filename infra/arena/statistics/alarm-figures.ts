import { governanceSchema } from '#shared/domain/governance.ts';
import { type AlarmSettings, createAlarmState, watchSession } from '../../../services/optimizer/rollout/alarm-state.ts';
import { alarmThreshold } from '../../../services/optimizer/rollout/e-sr.ts';
import type { Figure } from '../figure.ts';
import { detectionBound } from '../growth-bound.ts';
import { meanInterval } from '../intervals.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { simulateSessionQuality } from '../simulate-session.ts';
import { INCUMBENT } from './rollout-figures.ts';

/** The unit that delays are stated at: a false alarm every so many sessions at the most. */
export const UNIT_THRESHOLD = 2_000;
/** A month of a team of thirty or so; what the shipped budget of false alarms is divided over. */
const SESSIONS_PER_MONTH = 10_000;
/** Sessions that are as they should be before the drop comes. */
const SESSIONS_BEFORE = 200;
const SESSIONS_MAX = 20_000;

/** Rules of an alarm as a default configuration gives them, at a threshold. */
export function alarmSettingsAt(threshold: number, baseline: number): AlarmSettings {
  const { alarm } = governanceSchema.parse({ models: [] });
  return { baseline, tolerance: alarm.tolerance, threshold, immediateDrop: alarm.immediateDrop };
}

/** The threshold that a default configuration gives to a project of ten thousand sessions a month. */
export function shippedThreshold(): number {
  return alarmThreshold(SESSIONS_PER_MONTH, governanceSchema.parse({ models: [] }).alarm.falseAlarmsPerMonth);
}

/** Growth per session, after a drop, of the best bet against what a default configuration lets the incumbent lose. */
export function alarmGrowth(points: number): number {
  const { baseline, tolerance } = alarmSettingsAt(UNIT_THRESHOLD, INCUMBENT.mean);
  return detectionBound({ ...INCUMBENT, mean: INCUMBENT.mean - points / 100 }, 1 - (baseline - tolerance));
}

export interface AlarmDelayOptions {
  readonly id: string;
  readonly runs: number;
  readonly seed: number;
  readonly points: number;
  readonly threshold: number;
  readonly bar: number;
}

/** Mean sessions from a drop until the alarm goes off, in worlds in which it had not gone off before. */
export function alarmDelay(options: AlarmDelayOptions): Figure {
  const { id, runs, seed, points, threshold, bar } = options;
  const settings = alarmSettingsAt(threshold, INCUMBENT.mean);
  const delays: number[] = [];
  for (let run = 0; delays.length < runs; run += 1) {
    const delay = delayOf(settings, seed + 1_000_003 * (100 + points) + run, points / 100);
    if (delay !== null) delays.push(delay);
  }
  const { mean, low, high } = meanInterval(delays);
  return { id, value: mean, op: '<=', bar, pass: mean <= bar, n: runs, interval: [low, high] };
}

/** Null when the alarm went off before there was anything to find. */
function delayOf(settings: AlarmSettings, seed: number, drop: number): number | null {
  const random = createSeededRandom(seed);
  let state = createAlarmState(settings);
  for (let session = 1; session <= SESSIONS_BEFORE + SESSIONS_MAX; session += 1) {
    const mean = session <= SESSIONS_BEFORE ? INCUMBENT.mean : INCUMBENT.mean - drop;
    const step = watchSession(state, simulateSessionQuality(random, { ...INCUMBENT, mean }), settings);
    if (step.action !== 'none') return session <= SESSIONS_BEFORE ? null : session - SESSIONS_BEFORE;
    state = step.state;
  }
  return SESSIONS_MAX;
}
