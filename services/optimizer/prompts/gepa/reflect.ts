import { race } from '../contract/acceptance.ts';
import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { rowsOfComponent } from '../moves/component-text.ts';
import { findFailures, unseenRows } from '../moves/find-failures.ts';
import { rewriteFromRows } from '../moves/rewrite-from-rows.ts';
import type { GepaOptions } from './gepa-options.ts';

export type Iteration =
  | { readonly type: 'accepted'; readonly child: Candidate }
  | { readonly type: 'rejected' }
  /** Nothing that could be tried: no failures, no new text. */
  | { readonly type: 'barren' };

/** Confidence at which a look of the sequential test decides, for scores that can and that cannot be trusted. */
const NOISY = { acceptAt: 0.9, rejectAt: 0.2 };
const EXACT = { acceptAt: 0.7, rejectAt: 0.3 };

/** One reflective mutation of a parent, with the drift that follows a child that was not accepted. */
export function* reflectOn(
  context: SearchContext<GepaOptions>,
  parent: Candidate,
  component: string,
  noisy: boolean,
): Steps<Iteration> {
  const { options, task } = context;
  const { perfectScore, reflectionMinibatchSize: wanted } = options;
  const rows = context.random('minibatch').shuffled(rowsOfComponent(context, task.splits.propose, component));
  const seen = new Set<string>();
  let current = parent;
  let type: Iteration['type'] = 'barren';
  for (let step = 0; step <= options.driftSteps; step += 1) {
    const failing = yield* findFailures(context, current.id, rows, { wanted, perfectScore, noisy });
    const child = failing.length === 0 ? null : yield* reflectOnRows(context, current, component, failing);
    if (child === null || child.id === current.id) break;
    for (const rowId of failing) seen.add(rowId);
    const order = unseenRows(context, parent.id, rows, [...seen], { least: wanted, perfectScore });
    if (yield* isBetter(context, child, parent, order, noisy)) return { type: 'accepted', child };
    type = 'rejected';
    current = child;
  }
  return { type };
}

/** The sequential test on a growing prefix of the same rows: minibatch, twice that, up to `raceRowsMax`. */
export function* isBetter(
  context: SearchContext<GepaOptions>,
  child: Candidate,
  parent: Candidate,
  rowIds: readonly string[],
  noisy: boolean,
): Steps<boolean> {
  const { reflectionMinibatchSize, raceRowsMax } = context.options;
  const looks: number[] = [];
  for (let look = reflectionMinibatchSize; look < raceRowsMax; look *= 2) looks.push(look);
  looks.push(raceRowsMax);
  const options = { purpose: 'minibatch' as const, looks, ...(noisy ? NOISY : EXACT) };
  return (yield* race(context, child.id, parent.id, rowIds, options)).accepted;
}

export function reflectOnRows(
  context: SearchContext<GepaOptions>,
  current: Candidate,
  component: string,
  rowIds: readonly string[],
): Steps<Candidate | null> {
  const depth = context.options.reflectionDepth;
  return rewriteFromRows(context, current, { operator: 'reflect', component, rowIds, depth });
}
