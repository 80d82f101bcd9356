import * as z from 'zod';
import { createESr, eSrSchema, eSrStatistic, updateESr } from './e-sr.ts';

/** The bet of the running sum that dates the onset of a drop; the middle of the detector's own bets. */
const ONSET_BET = 0.3;
/** Fewer sessions than this cannot carry an estimate of the drop, on which it depends what an alarm leads to. */
const SESSIONS_FOR_ESTIMATE_MIN = 5;

/** A drop that fewer keys than this have seen is tried on a slice first, where several keys call. */
const KEYS_FOR_DEMOTION = 2;

/** Who caused a session: how much it is heard (0 to 1: less where one key has more than its share), and among how many. */
export interface SessionCaller {
  readonly keyId: string | null;
  readonly weight: number;
  /** Keys that call at all. */
  readonly keys: number;
}

const ALONE: SessionCaller = { keyId: null, weight: 1, keys: 1 };

/** Rules of one alarm, fixed when it is armed; qualities from 0 to 1. */
export const alarmSettingsSchema = z.object({
  /** Lower confidence bound of the incumbent's quality, frozen at promotion. */
  baseline: z.number().min(0).max(1),
  tolerance: z.number().min(0).max(1),
  threshold: z.number().min(1),
  immediateDrop: z.number().min(0).max(1),
});

export const alarmStateSchema = z.object({
  schema: z.literal(1),
  phase: z.enum(['watching', 'confirming', 'demoted']),
  detector: eSrSchema,
  /** Sessions since the suspected onset of a drop, each counted by its weight, and the sum of their qualities. */
  onset: z.object({
    logWealth: z.number(),
    count: z.number().nonnegative(),
    qualitySum: z.number(),
    /** Keys whose sessions spoke for the drop, as far as it matters how many they are. */
    keys: z.array(z.string()).max(KEYS_FOR_DEMOTION).default([]),
  }),
});

export type AlarmSettings = z.infer<typeof alarmSettingsSchema>;
export type AlarmState = z.infer<typeof alarmStateSchema>;
export type AlarmAction = 'none' | 'demote' | 'confirm';

export interface AlarmStep {
  readonly state: AlarmState;
  readonly action: AlarmAction;
  readonly evidence: {
    readonly statistic: number;
    readonly threshold: number;
    readonly sessions: number;
    readonly baseline: number;
    readonly dropEstimate: number | null;
  };
}

const NO_ONSET: AlarmState['onset'] = { logWealth: 0, count: 0, qualitySum: 0, keys: [] };

/** An alarm that watches a promoted policy in one cell (turn shape x model). */
export function createAlarmState(settings: AlarmSettings): AlarmState {
  return {
    schema: 1,
    phase: 'watching',
    detector: createESr(settings.baseline - settings.tolerance),
    onset: NO_ONSET,
  };
}

/**
 * One more session of the watched cell. When the statistic reaches the threshold, a drop estimated at `immediateDrop` or
 * more demotes at once; a smaller one asks for a reverse canary (`confirm`), because a single stream cannot tell a worse
 * policy from a stricter judge or harder traffic, and so does a drop that one key alone has seen. While that runs, and
 * after a demotion, nothing is watched.
 */
export function watchSession(
  state: AlarmState,
  quality: number,
  settings: AlarmSettings,
  caller: SessionCaller = ALONE,
): AlarmStep {
  if (state.phase !== 'watching') return { state, action: 'none', evidence: evidenceOf(state, settings) };
  const watched: AlarmState = {
    ...state,
    detector: updateESr(state.detector, quality, caller.weight),
    onset: nextOnset(state, quality, caller),
  };
  const evidence = evidenceOf(watched, settings);
  // An alarm waits until the drop can be estimated, a session or two: firing later makes no false alarm more.
  const { statistic, dropEstimate } = evidence;
  if (statistic < settings.threshold || dropEstimate === null) return { state: watched, action: 'none', evidence };
  const seenBy = watched.onset.keys.length;
  const atOnce = dropEstimate >= settings.immediateDrop && seenBy >= Math.min(KEYS_FOR_DEMOTION, caller.keys);
  const phase = atOnce ? 'demoted' : 'confirming';
  return { state: { ...watched, phase }, action: atOnce ? 'demote' : 'confirm', evidence };
}

/**
 * The outcome of the reverse canary: harm found in the current policy demotes it; otherwise the alarm starts over, and
 * its budget of false alarms with it.
 */
export function settleAlarm(state: AlarmState, harmConfirmed: boolean, settings: AlarmSettings): AlarmState {
  if (state.phase !== 'confirming') return state;
  return harmConfirmed ? { ...state, phase: 'demoted' } : createAlarmState(settings);
}

/** A cumulative sum that restarts whenever the evidence of a drop is used up dates a change point (Page 1954). */
function nextOnset(state: AlarmState, quality: number, caller: SessionCaller): AlarmState['onset'] {
  const { lossBound } = state.detector;
  const { weight } = caller;
  const logWealth = state.onset.logWealth + Math.log1p((ONSET_BET * weight * (1 - quality - lossBound)) / lossBound);
  if (logWealth <= 0) return NO_ONSET;
  const key = caller.keyId ?? '';
  const { keys } = state.onset;
  const isNews = 1 - quality > lossBound && keys.length < KEYS_FOR_DEMOTION && !keys.includes(key);
  return {
    logWealth,
    count: state.onset.count + weight,
    qualitySum: state.onset.qualitySum + weight * quality,
    keys: isNews ? [...keys, key] : keys,
  };
}

function evidenceOf(state: AlarmState, settings: AlarmSettings): AlarmStep['evidence'] {
  const { count, qualitySum } = state.onset;
  return {
    statistic: eSrStatistic(state.detector),
    threshold: settings.threshold,
    sessions: state.detector.count,
    baseline: settings.baseline,
    dropEstimate: count < SESSIONS_FOR_ESTIMATE_MIN ? null : settings.baseline - qualitySum / count,
  };
}
