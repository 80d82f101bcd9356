import type { RolloutDecision, RolloutEvidence, RolloutSettings } from '#shared/domain/rollout.ts';
import { type ArmSizes, countArms } from './count-arms.ts';
import { logCountEValue } from './count-test.ts';
import { logEValue } from './e-process.ts';
import { countHardFailures, keyInfluence } from './limit-key.ts';
import {
  type LabelState,
  labelStateOf,
  pairSessions,
  type SessionObservation,
  type SessionPair,
} from './pair-sessions.ts';
import { rollBackThresholds } from './roll-back-thresholds.ts';
import { describeRollout } from './rollout-evidence.ts';
import { applyPair, logHarmEValue, type RolloutState } from './rollout-state.ts';

/** When the rollout opened and when it is analysed, in Unix milliseconds. */
export interface RolloutClock {
  readonly openedAtMs: number;
  readonly nowMs: number;
}

/** A pair that entered the analysis; `position` counts from 1 within its stratum. A missing label is null. */
export interface AnalysedPair {
  readonly stratum: string;
  readonly position: number;
  readonly canarySession: string;
  readonly controlSession: string;
  readonly canaryQuality: number | null;
  readonly controlQuality: number | null;
  /** Scale of the bets on this pair, from 0 to 1: less than 1 where one key has more than its share of the sessions. */
  readonly weight: number;
}

export interface RolloutAnalysis {
  readonly state: RolloutState;
  readonly decision: RolloutDecision;
  readonly evidence: RolloutEvidence;
  readonly newPairs: readonly AnalysedPair[];
}

/**
 * Take every pair that has become ready, one at a time, and decide after each: harm rolls back, proof of
 * non-inferiority promotes once the minimum of sessions and time has passed, and running out of sessions or time is
 * inconclusive, which keeps the stable policy. A decision is final: later calls return it unchanged.
 *
 * @param sessions all canary and control sessions of the rollout so far, in any order; those already analysed are
 *   skipped, and their hard failures are counted whether they are paired or not
 */
export function analyseRollout(
  state: RolloutState,
  sessions: readonly SessionObservation[],
  settings: RolloutSettings,
  clock: RolloutClock,
): RolloutAnalysis {
  const { stratum } = settings;
  const observations = stratum === null ? sessions : sessions.filter((session) => session.stratum === stratum);
  const hardFailures = countHardFailures(observations);
  const keys = keyInfluence(observations);
  const arms = countArms(observations);
  const queue = state.decision === 'continue' ? pairSessions(observations, state.strata) : [];
  let current = state.decision === 'continue' ? withHardFailures(state, hardFailures) : state;
  const newPairs: AnalysedPair[] = [];
  for (const pair of queue) {
    const labels = labelsOf(pair, clock.nowMs, settings);
    if (labels === null) break;
    const weight = Math.min(keys.weightOf(pair.canary), keys.weightOf(pair.control));
    current = applyPair(current, pair, labels, weight);
    newPairs.push(analysedPair(current, pair, labels, weight));
    current = { ...current, decision: rule(current, arms, settings, clock) };
    if (current.decision !== 'continue') break;
  }
  if (current.decision === 'continue') current = { ...current, decision: ruleAtEnd(current, arms, settings, clock) };
  const waitingPairs = queue.length - newPairs.length;
  const evidence = describeRollout(current, settings, clock, { hardFailures, waitingPairs, arms, keys });
  return { state: current, decision: current.decision, evidence, newPairs };
}

/**
 * What the evidence so far says. `minDurationMs` guards a promotion against a burst that saw no busy period, and arms of
 * unlike size prove nothing: something else than the hash has decided who is in them.
 */
function rule(state: RolloutState, arms: ArmSizes, settings: RolloutSettings, clock: RolloutClock): RolloutDecision {
  const thresholds = rollBackThresholds(settings);
  if (logHarmEValue(state) >= Math.log(thresholds.paired)) return 'rollBack';
  if (state.logHardFailurePeak >= Math.log(thresholds.hardFailures)) return 'rollBack';
  const longEnough = state.pairs >= settings.minSessions && clock.nowMs - clock.openedAtMs >= settings.minDurationMs;
  if (longEnough && !arms.differs && logEValue(state.promote) >= -Math.log(settings.alphaPromote)) return 'promote';
  return state.pairs >= settings.maxSessions ? 'inconclusive' : 'continue';
}

/** Time runs out only after the pairs that are ready have been heard. */
function ruleAtEnd(
  state: RolloutState,
  arms: ArmSizes,
  settings: RolloutSettings,
  clock: RolloutClock,
): RolloutDecision {
  const decision = rule(state, arms, settings, clock);
  const timeIsUp = clock.nowMs - clock.openedAtMs >= settings.maxDurationMs;
  return decision === 'continue' && timeIsUp ? 'inconclusive' : decision;
}

/** Null while a label is still awaited: the pair, and all that started after it, must wait. */
function labelsOf(
  pair: SessionPair,
  nowMs: number,
  settings: RolloutSettings,
): { canary: LabelState; control: LabelState } | null {
  const canary = labelStateOf(pair.canary, nowMs, settings);
  const control = labelStateOf(pair.control, nowMs, settings);
  return canary === 'pending' || control === 'pending' ? null : { canary, control };
}

function withHardFailures(state: RolloutState, counts: { canary: number; control: number }): RolloutState {
  const logValue = logCountEValue(counts.canary, counts.control);
  return { ...state, logHardFailurePeak: Math.max(state.logHardFailurePeak, logValue) };
}

function analysedPair(
  state: RolloutState,
  pair: SessionPair,
  labels: { canary: LabelState; control: LabelState },
  weight: number,
): AnalysedPair {
  return {
    stratum: pair.stratum,
    position: state.strata.find((stratum) => stratum.stratum === pair.stratum)?.position ?? 1,
    canarySession: pair.canary.sessionId,
    controlSession: pair.control.sessionId,
    canaryQuality: labels.canary === 'arrived' ? pair.canary.quality : null,
    controlQuality: labels.control === 'arrived' ? pair.control.quality : null,
    weight,
  };
}
