import type { InconclusiveReason, RolloutEvidence, RolloutSettings, StratumEvidence } from '#shared/domain/rollout.ts';
import type { ArmSizes } from './count-arms.ts';
import { logCountEValue } from './count-test.ts';
import { eValueOf, logEValue } from './e-process.ts';
import type { KeyInfluence } from './limit-key.ts';
import { rollBackThresholds } from './roll-back-thresholds.ts';
import { logHarmEValue, type RolloutState } from './rollout-state.ts';

/** Level at which the arms' shares of missing labels are said to differ; half of it for either direction. */
const MISSING_LABELS_ALPHA = 0.01;

export interface RolloutCounts {
  readonly hardFailures: { readonly canary: number; readonly control: number };
  readonly waitingPairs: number;
  readonly arms: ArmSizes;
  readonly keys: Pick<KeyInfluence, 'count' | 'largestShare'>;
}

/** Everything a person needs to check a decision, and the decision in one sentence. */
export function describeRollout(
  state: RolloutState,
  settings: RolloutSettings,
  clock: { readonly openedAtMs: number; readonly nowMs: number },
  counts: RolloutCounts,
): RolloutEvidence {
  const thresholds = rollBackThresholds(settings);
  const facts: Omit<RolloutEvidence, 'text'> = {
    decision: state.decision,
    inconclusive: state.decision === 'inconclusive' ? inconclusiveReason(state, settings, counts.arms) : null,
    pairs: state.pairs,
    comparedPairs: state.compared,
    waitingPairs: counts.waitingPairs,
    canaryMean: meanOf(state.canarySum, state.compared),
    controlMean: meanOf(state.controlSum, state.compared),
    rollBack: {
      eValue: eValueOf(logHarmEValue(state)),
      globalEValue: eValueOf(logEValue(state.rollBack)),
      threshold: thresholds.paired,
      alpha: settings.alphaRollBack,
      tolerance: settings.rollBackTolerance,
    },
    hardFailures: {
      ...counts.hardFailures,
      eValue: eValueOf(state.logHardFailurePeak),
      threshold: thresholds.hardFailures,
    },
    promote: {
      eValue: eValueOf(logEValue(state.promote)),
      threshold: 1 / settings.alphaPromote,
      alpha: settings.alphaPromote,
      margin: settings.nonInferiorityMargin,
    },
    missingLabels: missingLabels(state),
    sessions: {
      ...{ canary: counts.arms.canary, control: counts.arms.control, differs: counts.arms.differs },
      eValue: eValueOf(counts.arms.logEValue),
    },
    keys: { count: counts.keys.count, largestShare: counts.keys.largestShare },
    strata: strataEvidence(state),
    openedAtMs: clock.openedAtMs,
    analysedAtMs: clock.nowMs,
  };
  return { ...facts, text: sentence(facts, settings) };
}

/** The first of the reasons that would have had to be otherwise for a verdict. */
function inconclusiveReason(state: RolloutState, settings: RolloutSettings, arms: ArmSizes): InconclusiveReason {
  if (arms.differs) return 'arms_differ';
  if (state.pairs < settings.minSessions) return 'too_few_sessions';
  if (state.compared < settings.minSessions) return 'labels_missing';
  return 'too_close_to_call';
}

function missingLabels(state: RolloutState): RolloutEvidence['missingLabels'] {
  const { canary, control } = state.missing;
  const logValue = Math.max(logCountEValue(canary, control), logCountEValue(control, canary));
  return { canary, control, eValue: eValueOf(logValue), differs: logValue >= Math.log(2 / MISSING_LABELS_ALPHA) };
}

function strataEvidence(state: RolloutState): StratumEvidence[] {
  return state.strata
    .map((stratum) => ({
      stratum: stratum.stratum,
      pairs: stratum.compared,
      canaryMean: meanOf(stratum.canarySum, stratum.compared),
      controlMean: meanOf(stratum.controlSum, stratum.compared),
      eValue: eValueOf(logEValue(stratum.process)),
    }))
    .sort((left, right) => right.eValue - left.eValue);
}

function sentence(facts: Omit<RolloutEvidence, 'text'>, settings: RolloutSettings): string {
  const { rollBack, promote, hardFailures } = facts;
  const means =
    facts.canaryMean === null || facts.controlMean === null
      ? 'no pair with both labels yet'
      : `canary ${facts.canaryMean.toFixed(3)}, control ${facts.controlMean.toFixed(3)} over ${facts.comparedPairs} pairs`;
  const place = settings.place === null ? '' : `, rollout ${settings.place} of the quarter`;
  const harm = `harm e-value ${number(rollBack.eValue)} of ${number(rollBack.threshold)} (alpha ${number(rollBack.alpha)}${place})`;
  const proof = `non-inferiority e-value ${number(promote.eValue)} of ${number(promote.threshold)} (margin ${promote.margin}, alpha ${number(promote.alpha)}${place})`;
  switch (facts.decision) {
    case 'rollBack': {
      const byCount = hardFailures.eValue >= hardFailures.threshold;
      const count = `hard failures ${hardFailures.canary} to ${hardFailures.control}, e-value ${number(hardFailures.eValue)} of ${number(hardFailures.threshold)}`;
      return `Rolled back: ${byCount ? count : harm}; ${means}.`;
    }
    case 'promote':
      return `Promoted: ${proof}; ${means}.`;
    case 'inconclusive':
      return `Inconclusive after ${facts.pairs} pairs (${inconclusiveText(facts)}), the stable policy stays: ${proof}; ${harm}; ${means}.`;
    case 'continue':
      return `Going on, ${facts.pairs} of at least ${settings.minSessions} pairs: ${proof}; ${harm}; ${means}.`;
    default:
      return facts.decision satisfies never;
  }
}

function inconclusiveText(facts: Pick<RolloutEvidence, 'inconclusive' | 'sessions' | 'missingLabels'>): string {
  switch (facts.inconclusive) {
    case 'arms_differ':
      return `the arms differ in size, ${facts.sessions?.canary} sessions to ${facts.sessions?.control}`;
    case 'too_few_sessions':
      return 'too few sessions came in time';
    case 'labels_missing':
      return `labels are missing, ${facts.missingLabels.canary} of the canary and ${facts.missingLabels.control} of the control`;
    case 'too_close_to_call':
    case null:
      return 'neither harm nor its absence was shown';
    default:
      return facts.inconclusive satisfies never;
  }
}

function meanOf(sum: number, count: number): number | null {
  return count === 0 ? null : sum / count;
}

function number(value: number): string {
  return value >= 1e6 ? value.toExponential(1) : value.toPrecision(3);
}
