import * as z from 'zod';
import type { RolloutSettings } from '#shared/domain/rollout.ts';
import { createEProcess, eProcessSchema, logEValue, logSumExp, updateEProcess } from './e-process.ts';
import type { LabelState, SessionPair } from './pair-sessions.ts';

const markSchema = z.object({ startedAtMs: z.number(), sessionId: z.string() });

const stratumStateSchema = z.object({
  stratum: z.string(),
  /** Log of the wealth that this stratum took over from the global process when its first pair came. */
  logStake: z.number(),
  process: eProcessSchema,
  position: z.int().positive(),
  compared: z.int().nonnegative(),
  canarySum: z.number(),
  controlSum: z.number(),
  canaryMark: markSchema,
  controlMark: markSchema,
});

/**
 * Everything that the analysis of one rollout remembers. It is plain JSON; strata are a list and not an object, because
 * a JSON column may reorder keys and sums of doubles depend on their order.
 */
export const rolloutStateSchema = z.object({
  schema: z.literal(1),
  decision: z.enum(['continue', 'promote', 'rollBack', 'inconclusive']),
  rollBack: eProcessSchema,
  promote: eProcessSchema,
  strata: z.array(stratumStateSchema),
  pairs: z.int().nonnegative(),
  compared: z.int().nonnegative(),
  canarySum: z.number(),
  controlSum: z.number(),
  missing: z.object({ canary: z.int().nonnegative(), control: z.int().nonnegative() }),
  logHardFailurePeak: z.number(),
});

export type RolloutState = z.infer<typeof rolloutStateSchema>;
type StratumState = z.infer<typeof stratumStateSchema>;

/** The state of a rollout that has seen nothing; the nulls of both tests are fixed here. */
export function createRolloutState(
  settings: Pick<RolloutSettings, 'rollBackTolerance' | 'nonInferiorityMargin'>,
): RolloutState {
  return {
    schema: 1,
    decision: 'continue',
    rollBack: createEProcess((1 + settings.rollBackTolerance) / 2),
    promote: createEProcess((1 - settings.nonInferiorityMargin) / 2),
    strata: [],
    pairs: 0,
    compared: 0,
    canarySum: 0,
    controlSum: 0,
    missing: { canary: 0, control: 0 },
    logHardFailurePeak: 0,
  };
}

/**
 * The state after one more pair whose labels have arrived or expired, with bets scaled by `weight` (0 to 1). A missing label counts as the worst case for
 * promotion (0 for the canary, 1 for the control) and drops the pair from the test of harm, so that silence can neither
 * promote a canary nor condemn it.
 */
export function applyPair(
  state: RolloutState,
  pair: SessionPair,
  labels: { readonly canary: LabelState; readonly control: LabelState },
  weight: number,
): RolloutState {
  const canary = labels.canary === 'arrived' ? (pair.canary.quality ?? 0) : 0;
  const control = labels.control === 'arrived' ? (pair.control.quality ?? 1) : 1;
  const complete = labels.canary === 'arrived' && labels.control === 'arrived';
  const harm = complete ? (control - canary + 1) / 2 : null;
  return {
    ...state,
    strata: withPair(state, pair, harm === null ? null : { harm, weight }, { canary, control }),
    rollBack: harm === null ? state.rollBack : updateEProcess(state.rollBack, harm, weight),
    promote: updateEProcess(state.promote, (canary - control + 1) / 2, weight),
    pairs: state.pairs + 1,
    compared: state.compared + (complete ? 1 : 0),
    canarySum: state.canarySum + (complete ? canary : 0),
    controlSum: state.controlSum + (complete ? control : 0),
    missing: {
      canary: state.missing.canary + (labels.canary === 'arrived' ? 0 : 1),
      control: state.missing.control + (labels.control === 'arrived' ? 0 : 1),
    },
  };
}

/**
 * Log e-value against "no harm anywhere": half the wealth bets on all pairs, half on single strata. The j-th stratum to
 * appear takes the share 6 / (pi j)^2 of that half along, which sums to one however many there will be; what no stratum
 * has taken yet goes on betting on all pairs. Wealth only ever changes hands, so the sum stays a supermartingale: e-values
 * are merged by averaging, whatever their dependence (Vovk and Wang 2021).
 */
export function logHarmEValue(state: RolloutState): number {
  const taken = state.strata.reduce((sum, _stratum, index) => sum + stratumShare(index), 0);
  const global = Math.log(1 - taken / 2) + logEValue(state.rollBack);
  const strata = state.strata.map((stratum) => Math.log(0.5) + stratum.logStake + logEValue(stratum.process));
  return logSumExp([global, ...strata]);
}

function stratumShare(index: number): number {
  return 6 / (Math.PI * (index + 1)) ** 2;
}

function withPair(
  state: RolloutState,
  pair: SessionPair,
  heard: { readonly harm: number; readonly weight: number } | null,
  quality: { readonly canary: number; readonly control: number },
): StratumState[] {
  const known = state.strata.some((stratum) => stratum.stratum === pair.stratum);
  const strata = known ? state.strata : [...state.strata, newStratum(state, pair)];
  return strata.map((stratum) => {
    if (stratum.stratum !== pair.stratum) return stratum;
    const passed = {
      ...stratum,
      position: known ? stratum.position + 1 : 1,
      canaryMark: { startedAtMs: pair.canary.startedAtMs, sessionId: pair.canary.sessionId },
      controlMark: { startedAtMs: pair.control.startedAtMs, sessionId: pair.control.sessionId },
    };
    if (heard === null) return passed;
    return {
      ...passed,
      process: updateEProcess(stratum.process, heard.harm, heard.weight),
      compared: stratum.compared + 1,
      canarySum: stratum.canarySum + quality.canary,
      controlSum: stratum.controlSum + quality.control,
    };
  });
}

function newStratum(state: RolloutState, pair: SessionPair): StratumState {
  return {
    stratum: pair.stratum,
    logStake: Math.log(stratumShare(state.strata.length)) + logEValue(state.rollBack),
    process: createEProcess(state.rollBack.nullMean),
    position: 1,
    compared: 0,
    canarySum: 0,
    controlSum: 0,
    canaryMark: { startedAtMs: pair.canary.startedAtMs, sessionId: pair.canary.sessionId },
    controlMark: { startedAtMs: pair.control.startedAtMs, sessionId: pair.control.sessionId },
  };
}
