import { contentHash } from '#shared/content-hash.ts';
import type { FailureFacts } from '#shared/domain/failure-cluster.ts';

/** Version of the rules that make a signature: a new one applies to new events, and old clusters keep their ids. */
export const SIGNATURE_ALGORITHM = 2;

/**
 * The identity of a kind of failure. The model is a dimension and no part of it, or one defect would become as many
 * clusters as there are models.
 */
export function signatureOf(facts: FailureFacts): string {
  return contentHash({
    algo: SIGNATURE_ALGORITHM,
    stage: facts.stage,
    check: facts.check,
    turn_shape: facts.turnShape,
    expected_vs_actual: facts.expectedVsActual,
    masked_template: facts.template,
  });
}
