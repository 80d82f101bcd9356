import { governanceSchema } from '#shared/domain/governance.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { createAlarmState, settleAlarm, watchSession } from '../../../services/optimizer/rollout/alarm-state.ts';
import { lowerConfidenceBound } from '../../../services/optimizer/rollout/confidence-sequence.ts';
import type { Figure } from '../figure.ts';
import { proportionInterval } from '../intervals.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { simulateRollout } from '../simulate-rollout.ts';
import { simulateSessionQuality } from '../simulate-session.ts';
import { alarmSettingsAt, shippedThreshold } from './alarm-figures.ts';
import { INCUMBENT } from './rollout-figures.ts';

const UNIT_SESSIONS = 100_000;
const SESSIONS_PER_CELL = 20_000;
/** Sessions that a baseline is frozen from: few, so that it is often wrong by as much as its error rate lets it. */
const BASELINE_SESSIONS = 50;
const CONFIRMATION_PAIRS = 5_000;

export interface FalseDemotionOptions {
  readonly sessions: number;
  readonly seed: number;
}

/**
 * Demotions in a world where nothing changes, per hundred thousand watched sessions: the alarm of a cell at the shipped
 * budget, then either at once or by a reverse canary in which both arms are the same. The interval's upper end is the
 * bound that the sessions seen allow to state.
 */
export function falseDemotions(options: FalseDemotionOptions): Figure {
  const cells = Math.ceil(options.sessions / SESSIONS_PER_CELL);
  let demotions = 0;
  for (let cell = 0; cell < cells; cell += 1) demotions += demotionsOfCell(options.seed + 7_000_003 + cell);
  const sessions = cells * SESSIONS_PER_CELL;
  const [low, high] = proportionInterval(demotions, sessions);
  const value = (demotions / sessions) * UNIT_SESSIONS;
  const interval = [low * UNIT_SESSIONS, high * UNIT_SESSIONS] as const;
  return { id: 'false_demotions_per_1e5', value, op: '<=', bar: 1, pass: value <= 1, n: sessions, interval };
}

function demotionsOfCell(seed: number): number {
  const random = createSeededRandom(seed);
  const draw = () => simulateSessionQuality(random, INCUMBENT);
  const governance = governanceSchema.parse({ models: [] });
  const baseline = lowerConfidenceBound(Array.from({ length: BASELINE_SESSIONS }, draw), governance.alphas.proven);
  const settings = alarmSettingsAt(shippedThreshold(), baseline);
  let state = createAlarmState(settings);
  let demotions = 0;
  for (let session = 0; session < SESSIONS_PER_CELL; session += 1) {
    const step = watchSession(state, draw(), settings);
    state = step.state;
    if (step.action === 'none') continue;
    const confirmed = step.action === 'demote' || confirms(seed + session);
    if (confirmed) demotions += 1;
    state = confirmed ? createAlarmState(settings) : settleAlarm(state, false, settings);
  }
  return demotions;
}

/** A reverse canary of two policies that are alike. */
function confirms(seed: number): boolean {
  const settings = { ...rolloutSettingsOf(governanceSchema.parse({ models: [] })), minDurationMs: 0 };
  const arms = { canary: INCUMBENT, control: INCUMBENT, strata: 1, pairs: CONFIRMATION_PAIRS };
  return simulateRollout({ ...arms, seed, settings }).decision === 'rollBack';
}
