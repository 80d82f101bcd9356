/** Why a search ended, for machines. */
export type StopCode =
  | 'finished'
  | 'patience'
  | 'score_threshold'
  | 'statistically_flat'
  | 'max_evaluations'
  | 'teacher_calls'
  | 'judge_calls'
  | 'cost'
  | 'wall_time'
  | 'no_signal'
  | 'aborted';

/** All limits are off when absent. */
export interface EarlyStoppingConfig {
  /** Stop after this many fully scored candidates in a row that are no improvement. */
  readonly patience?: number | undefined;
  /** Stop when a fully scored candidate reaches this score, 0 to 1. */
  readonly minScoreThreshold?: number | undefined;
  /** An improvement is more than this above the last improvement; 0 when absent. */
  readonly minDelta?: number | undefined;
  /** Never score more rows than this; tested before spending. */
  readonly maxEvaluations?: number | undefined;
  readonly wallTimeMsMax?: number | undefined;
  readonly costUsdMax?: number | undefined;
  /** Stop when none of the last candidates, this many, is better than the best before them beyond chance. */
  readonly flatWindow?: number | undefined;
}

/** A candidate that was scored on the whole select split. Minibatches never make one. */
export interface FullScore {
  readonly candidateId: string;
  readonly mean: number;
  readonly standardError: number;
}

/** JSON; part of a checkpoint. */
export interface EarlyStoppingState {
  readonly observed: readonly FullScore[];
  /** The score that improvements are measured from. */
  readonly reference: number | null;
  readonly withoutImprovement: number;
  readonly stopped: StopCode | null;
}

/** One-sided 95 % of the normal distribution. */
const Z = 1.645;

export const EARLY_STOPPING_START: EarlyStoppingState = {
  observed: [],
  reference: null,
  withoutImprovement: 0,
  stopped: null,
};

/**
 * One fully scored candidate more. It is called after the best has been updated, so that the candidate that stops a
 * search is never lost. Latches: once stopped, stopped.
 */
export function observeScore(
  state: EarlyStoppingState,
  config: EarlyStoppingConfig,
  score: FullScore,
): EarlyStoppingState {
  const observed = [...state.observed, score];
  const improved = state.reference === null || score.mean > state.reference + (config.minDelta ?? 0);
  const next = {
    observed,
    reference: improved ? score.mean : state.reference,
    withoutImprovement: improved ? 0 : state.withoutImprovement + 1,
  };
  return { ...next, stopped: state.stopped ?? stopOf(next, config, score) };
}

function stopOf(
  state: Omit<EarlyStoppingState, 'stopped'>,
  config: EarlyStoppingConfig,
  score: FullScore,
): StopCode | null {
  if (config.minScoreThreshold !== undefined && score.mean >= config.minScoreThreshold) return 'score_threshold';
  if (config.patience !== undefined && state.withoutImprovement >= config.patience) return 'patience';
  if (config.flatWindow !== undefined && isFlat(state.observed, config.flatWindow)) return 'statistically_flat';
  return null;
}

/** Whether none of the last candidates is better than the best before them by more than chance would make of equals. */
function isFlat(observed: readonly FullScore[], window: number): boolean {
  const before = observed.slice(0, -window);
  const best = before.reduce<FullScore | null>(
    (top, each) => (top === null || each.mean > top.mean ? each : top),
    null,
  );
  if (best === null) return false;
  return observed
    .slice(-window)
    .every((each) => each.mean - best.mean <= Z * Math.hypot(each.standardError, best.standardError));
}
