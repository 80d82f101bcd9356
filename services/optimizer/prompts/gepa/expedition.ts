import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { rowsOfComponent } from '../moves/component-text.ts';
import { dropHarmfulLine } from '../moves/drop-harmful-line.ts';
import { findFailures } from './find-failures.ts';
import type { GepaOptions } from './gepa-options.ts';
import { type Iteration, isBetter, rewrite } from './reflect.ts';

/** Share of the failing rows that leaving out a line must repair before the shorter text is tested in full. */
const REPAIRED_AT = 0.6;
/** Failing rows on which lines are left out on trial. */
const TRIAL_ROWS = 4;

/**
 * A way out of a local optimum: several rewrites in a row without a test, then one line after the other left out, and
 * only the end compared with the beginning. Two instructions that help together alone, or one that hides what all others
 * are worth, are not found in steps that each have to be an improvement.
 */
export function* explore(
  context: SearchContext<GepaOptions>,
  start: Candidate,
  component: string,
  noisy: boolean,
): Steps<Iteration> {
  const own = rowsOfComponent(context, context.task.splits.propose, component);
  const rows = context.random('minibatch').shuffled(own);
  let current = start;
  for (let step = 0; step <= context.options.expeditionSteps; step += 1) {
    const { failing } = yield* findFailures(context, current.id, context.random('minibatch').shuffled(own), noisy);
    if (failing.length === 0) break;
    const child =
      step === context.options.expeditionSteps ? null : yield* rewrite(context, current, component, failing);
    if (child === null || child.id === current.id) break;
    current = child;
  }
  const { failing } = yield* findFailures(context, current.id, rows, noisy, TRIAL_ROWS);
  const options = { failing, purpose: 'minibatch' as const, repairedAt: REPAIRED_AT };
  const shorter = yield* dropHarmfulLine(context, current, component, options);
  const found = shorter ?? current;
  if (found.id === start.id) return { type: 'barren' };
  const order = [...failing, ...rows.filter((rowId) => !failing.includes(rowId))];
  const better = yield* isBetter(context, found, start, shorter === null ? rows : order, noisy);
  return better ? { type: 'accepted', child: found } : { type: 'rejected' };
}
