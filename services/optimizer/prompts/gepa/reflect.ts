import { race } from '../contract/acceptance.ts';
import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { askForTexts } from '../moves/ask-teacher.ts';
import { rowsOfComponent, withComponent } from '../moves/component-text.ts';
import { shownRows } from '../moves/shown-rows.ts';
import { findFailures } from './find-failures.ts';
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
  const own = rowsOfComponent(context, task.splits.propose, component);
  const rows = context.random('minibatch').shuffled(own);
  let current = parent;
  let type: Iteration['type'] = 'barren';
  for (let step = 0; step <= options.driftSteps; step += 1) {
    const { failing, passing } = yield* findFailures(context, current.id, rows, noisy);
    if (failing.length === 0) break;
    const child = yield* rewrite(context, current, component, failing);
    if (child === null || child.id === current.id) break;
    const rest = rows.filter((rowId) => !failing.includes(rowId) && !passing.includes(rowId));
    const order = [...failing, ...passing, ...rest];
    if (yield* isBetter(context, child, parent, order, noisy)) return { type: 'accepted', child };
    type = 'rejected';
    current = child;
  }
  return type === 'rejected' ? { type } : { type: 'barren' };
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

/**
 * A draft from the failing rows, shown to the teacher again until it says nothing new: one reply often takes up one of
 * several reasons, and a row that needs two of them shows no gain from the first.
 */
export function* rewrite(
  context: SearchContext<GepaOptions>,
  current: Candidate,
  component: string,
  failing: readonly string[],
): Steps<Candidate | null> {
  const rows = shownRows(context, current.id, failing);
  const asWritten = current.prompt[component] ?? '';
  let draft = asWritten;
  const reasons = new Set(rows.flatMap(({ reason }) => reason.split('\n')));
  for (let depth = 0; depth < Math.min(context.options.reflectionDepth, Math.max(1, reasons.size)); depth += 1) {
    const operator = depth === 0 ? 'reflect' : 'complete';
    const material = { taskDescription: context.task.description, currentPrompt: draft, rows };
    const [text] = yield* askForTexts(context, { operator, material, count: 1 });
    if (text === undefined || text === draft || text.length > context.task.lengthMax) break;
    draft = text;
  }
  if (draft === asWritten) return null;
  const prompt = withComponent(current.prompt, component, draft);
  return context.book.add({ prompt, parents: [current.id], operator: 'reflect' });
}
