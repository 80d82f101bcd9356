import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { dropHarmfulLine, TRIAL_ROWS } from '../moves/drop-harmful-line.ts';
import { findFailures } from '../moves/find-failures.ts';
import { PERFECT_SCORE } from '../moves/shown-rows.ts';
import { applyAll, findGradients } from './expand-prompt.ts';
import type { ProtegiOptions } from './protegi-options.ts';

export interface DriftOptions {
  readonly component: string;
  /** Rows of the propose split. */
  readonly rowIds: readonly string[];
  /** Errors that gradients are drawn from. */
  readonly wanted: number;
  readonly noisy: boolean;
}

export interface Drifted {
  /** Where the drift goes on in the next round. */
  readonly tip: Candidate;
  /** The tip without a line that held it back; null when there was none. */
  readonly freed: Candidate | null;
}

/**
 * A way out of a local optimum, for a beam whose best stays what it is: all gradients of a prompt are taken up again and
 * again without a choice in between, and then one line after the other is left out. What helps together alone is never
 * found by a beam that wants every step to be a gain.
 */
export function* drift(
  context: SearchContext<ProtegiOptions>,
  start: Candidate,
  { component, rowIds, wanted, noisy }: DriftOptions,
): Steps<Drifted> {
  const { driftSteps } = context.options;
  const failures = (candidate: Candidate, count: number) =>
    findFailures(context, candidate.id, rowIds, { wanted: count, perfectScore: PERFECT_SCORE, noisy });
  let tip = start;
  for (let step = 0; step < driftSteps; step += 1) {
    const errors = yield* failures(tip, wanted);
    if (errors.length === 0) break;
    const gradients = yield* findGradients(context, tip, component, errors);
    const next = yield* applyAll(context, tip, component, gradients);
    if (next === null || next.id === tip.id) break;
    tip = next;
  }
  const trial = yield* failures(tip, TRIAL_ROWS);
  return { tip, freed: yield* dropHarmfulLine(context, tip, component, trial) };
}
