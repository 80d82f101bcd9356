import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { rowsOfComponent } from '../moves/component-text.ts';
import { dropHarmfulLine, TRIAL_ROWS } from '../moves/drop-harmful-line.ts';
import { findFailures } from '../moves/find-failures.ts';
import type { GepaOptions } from './gepa-options.ts';
import { type Iteration, isBetter, reflectOnRows } from './reflect.ts';

/**
 * A way out of a local optimum: several rewrites in a row without a test, then one line after the other left out, and
 * only the end compared with the beginning. Two instructions that help together alone, or one that hides what all others
 * are worth, are not found in steps that each have to be an improvement.
 */
export function* explore(
  context: SearchContext<GepaOptions>,
  start: Candidate,
  component: string,
  { noisy, steps }: { readonly noisy: boolean; readonly steps: number },
): Steps<Iteration> {
  const { options, task } = context;
  const own = rowsOfComponent(context, task.splits.propose, component);
  const shuffled = () => context.random('minibatch').shuffled(own);
  const { perfectScore, reflectionMinibatchSize } = options;
  const wanting = (wanted: number) => ({ wanted, perfectScore, noisy });
  let current = start;
  for (let step = 0; step < steps; step += 1) {
    const failing = yield* findFailures(context, current.id, shuffled(), wanting(reflectionMinibatchSize));
    const child = failing.length === 0 ? null : yield* reflectOnRows(context, current, component, failing);
    if (child === null || child.id === current.id) break;
    current = child;
  }
  const failing = yield* findFailures(context, current.id, shuffled(), wanting(TRIAL_ROWS));
  const found = (yield* dropHarmfulLine(context, current, component, failing)) ?? current;
  if (found.id === start.id) return { type: 'barren' };
  const better = yield* isBetter(context, found, start, shuffled(), noisy);
  return better ? { type: 'accepted', child: found } : { type: 'rejected' };
}
