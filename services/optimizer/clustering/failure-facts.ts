import type { FailureFacts } from '#shared/domain/failure-cluster.ts';
import type { FaultOwner } from '#shared/domain/score.ts';
import { parseExplanation } from '#shared/domain/score-explanation.ts';
import { classifyFailure } from './classify.ts';
import { maskTemplate } from './mask-template.ts';

/** A failing score with what it is about, as the store gives it. */
export interface FailingScore {
  readonly scorer: string;
  readonly metric: string;
  readonly owner: FaultOwner | null;
  readonly judged: boolean;
  readonly turnShape: string;
  readonly explanation: string | null;
}

export interface ClassifiedFailure {
  readonly facts: FailureFacts;
  readonly prefixFixable: boolean;
}

/** The structured facts of a failing score, or null when it is no business of the optimizer's. */
export function failureFactsOf(score: FailingScore): ClassifiedFailure | null {
  const classified = classifyFailure(score);
  if (classified === null) return null;
  const explained = parseExplanation(score.explanation);
  // A judge words each verdict anew; its text would make one cluster per call.
  const template = score.judged ? '' : maskTemplate(explained?.detail ?? score.explanation ?? '');
  return {
    prefixFixable: classified.prefixFixable,
    facts: {
      stage: classified.stage,
      check: score.scorer,
      turnShape: score.turnShape,
      expectedVsActual: explained?.expectedVsActual ?? '',
      template,
    },
  };
}
