import type { Score } from '#shared/domain/score.ts';

/** Why one judge's word is not enough. */
export type EscalationReason = 'disagreement' | 'low_confidence' | 'injection' | 'truncation' | 'canary';

export interface EscalationFacts {
  readonly outcome: Score['outcome'];
  /** Calibrated probability that the subject is good, given the verdict; null without a calibration of this judge. */
  readonly confidence: number | null;
  /** Whether a deterministic scorer found a fault of the model in the subject; null when none looked. */
  readonly deterministicFailure: boolean | null;
  /** What triage makes of the subject without a judge; null where there is no model for it. */
  readonly probability: number | null;
  readonly injectionFound: boolean;
  readonly cutShare: number;
  /** Whether the subject was served by a policy on trial. */
  readonly isCanary: boolean;
}

/** Between these a probability decides nothing. */
const UNSURE = { low: 0.3, high: 0.7 };
const CUT_SHARE_MAX = 0.5;

/** Every reason to ask more than one judge; none means that the one verdict stands. */
export function escalationReasons(facts: EscalationFacts): readonly EscalationReason[] {
  const reasons: readonly (readonly [EscalationReason, boolean])[] = [
    ['disagreement', disagrees(facts)],
    ['low_confidence', isUnsure(facts)],
    ['injection', facts.injectionFound],
    ['truncation', facts.cutShare > CUT_SHARE_MAX],
    ['canary', facts.isCanary],
  ];
  return reasons.flatMap(([reason, holds]) => (holds ? [reason] : []));
}

/** A judge that passes what a rule failed, or that says the opposite of what all signs say. */
function disagrees({ outcome, deterministicFailure, probability }: EscalationFacts): boolean {
  if (outcome === 'pass' && deterministicFailure === true) return true;
  if (probability === null) return false;
  return (outcome === 'pass' && probability < UNSURE.low) || (outcome === 'fail' && probability > UNSURE.high);
}

function isUnsure({ outcome, confidence }: EscalationFacts): boolean {
  if (confidence === null) return outcome === 'unknown';
  return confidence >= UNSURE.low && confidence <= UNSURE.high;
}
