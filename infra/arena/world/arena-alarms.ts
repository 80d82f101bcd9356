import type { Governance } from '#shared/domain/governance.ts';
import {
  type AlarmAction,
  type AlarmSettings,
  type AlarmState,
  createAlarmState,
  watchSession,
} from '../../../services/optimizer/rollout/alarm-state.ts';
import { lowerConfidenceBound } from '../../../services/optimizer/rollout/confidence-sequence.ts';
import { alarmThreshold } from '../../../services/optimizer/rollout/e-sr.ts';

/** Own sessions that a baseline is made from where there is nothing earlier. */
const OWN_SESSIONS = 30;

/**
 * The alarms of all cells. A drop that asks for confirmation is left to the evidence against the bar, which sees the
 * same sessions: a reverse canary would try the previous policy, and in the arena no policy but the world has changed.
 */
export function createArenaAlarms(governance: Governance, sessionsPerMonth: number) {
  const threshold = alarmThreshold(sessionsPerMonth, governance.alarm.falseAlarmsPerMonth);
  const armed = new Map<string, { readonly settings: AlarmSettings; state: AlarmState }>();
  const first = new Map<string, number[]>();
  return {
    see(turnShape: string, model: string, quality: number): AlarmAction {
      const key = `${turnShape} ${model}`;
      const alarm = armed.get(key);
      if (alarm === undefined) {
        const own = [...(first.get(key) ?? []), quality];
        first.set(key, own);
        if (own.length < OWN_SESSIONS) return 'none';
        const { tolerance, immediateDrop } = governance.alarm;
        const baseline = lowerConfidenceBound(own, governance.alphas.proven);
        const settings = { baseline, tolerance, immediateDrop, threshold };
        armed.set(key, { settings, state: createAlarmState(settings) });
        return 'none';
      }
      const { state, action } = watchSession(alarm.state, quality, alarm.settings);
      alarm.state = state;
      if (action === 'none') return action;
      // Whatever comes of it, the cell is watched from a new baseline.
      armed.delete(key);
      first.delete(key);
      return action;
    },
  };
}
