import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';
import { componentsOf } from '../moves/component-text.ts';
import { type OpenedSearch, openSearch } from '../moves/open-search.ts';
import { scoreFully } from '../moves/score-fully.ts';
import { settleBest } from '../moves/settle-best.ts';
import { explore } from './expedition.ts';
import { type GepaOptions, gepaOptionsSchema } from './gepa-options.ts';
import { tryMerge } from './merge.ts';
import { type Iteration, reflectOn } from './reflect.ts';
import { selectCandidate } from './select-candidate.ts';

interface Run extends OpenedSearch {
  readonly context: SearchContext<GepaOptions>;
  /** Candidates on whose rows nothing fails any more. */
  readonly exhausted: Set<string>;
  readonly pairsTried: Set<string>;
  /** How often each candidate was a parent, for the round robin of its components. */
  readonly turns: Map<string, number>;
  merges: number;
  mergeDue: boolean;
  sinceAccepted: number;
  barren: number;
}

/**
 * GEPA (arXiv 2507.19457): reflective mutation of candidates drawn from the Pareto fronts of single rows, and merges of
 * lineages. Acceptance is a sequential test instead of one minibatch, because three noisy rows let false winners in.
 */
export const gepa: PromptOptimizer<GepaOptions> = {
  name: 'gepa',
  version: 1,
  options: gepaOptionsSchema,
  taskCallsMin: (task, options) => 2 * task.splits.select.length + 3 * 2 * options.reflectionMinibatchSize,
  *search(context) {
    const opened = yield* openSearch(context, context.options.settleShare);
    if (opened === null) return;
    const run: Run = {
      ...{ context, ...opened, exhausted: new Set(), pairsTried: new Set(), turns: new Map() },
      ...{ merges: 0, mergeDue: false, sinceAccepted: 0, barren: 0 },
    };
    while (canGoOn(run)) yield* iterate(run);
    yield* settleBest(context);
  },
};

/** Whether a minibatch of parent and child and the full score of the child can still be paid. */
function canGoOn(run: Run): boolean {
  const { context, reserve, barren } = run;
  const { options, task, left } = context;
  const iteration = 2 * options.reflectionMinibatchSize + task.splits.select.length;
  if (isSolved(run) || barren >= options.barrenMax) return false;
  return left().taskCalls - reserve >= iteration && left().teacherCalls > 0;
}

/** Every row of both splits is right, as far as exact scores can tell: nothing could be shown to be better. */
function isSolved({ context, noisy, exhausted }: Run): boolean {
  const { book, task, options } = context;
  const best = book.best();
  return (
    !noisy && exhausted.has(best.id) && (book.mean(best.id, task.splits.select)?.mean ?? 0) >= options.perfectScore
  );
}

function* iterate(run: Run): Steps<void> {
  const { context } = run;
  if (run.mergeDue && run.merges < context.options.maxMergeInvocations) {
    run.mergeDue = false;
    const merged = yield* tryMerge(context, run.pairsTried);
    if (merged !== null) {
      run.merges += 1;
      if (merged.accepted !== null) yield* scoreFully(context, [merged.accepted.id]);
      return;
    }
  }
  const stuck = run.sinceAccepted >= context.options.expeditionAfter && run.sinceAccepted % 2 === 1;
  const before = context.left().taskCalls;
  const iteration = yield* stuck ? exploreOnce(run) : reflectOnce(run);
  run.barren = context.left().taskCalls === before ? run.barren + 1 : 0;
  run.sinceAccepted = iteration.type === 'accepted' ? 0 : run.sinceAccepted + 1;
  if (iteration.type !== 'accepted') return;
  yield* scoreFully(context, [iteration.child.id]);
  run.mergeDue = context.options.useMerge;
}

function* reflectOnce(run: Run): Steps<Iteration> {
  const { context } = run;
  const parent = selectCandidate(context, run.exhausted);
  if (parent === null) {
    run.exhausted.clear();
    return { type: 'barren' };
  }
  const components = componentsOf(parent.prompt);
  const turn = run.turns.get(parent.id) ?? 0;
  run.turns.set(parent.id, turn + 1);
  const iteration = yield* reflectOn(context, parent, components[turn % components.length] ?? '', run.noisy);
  if (iteration.type === 'barren') run.exhausted.add(parent.id);
  return iteration;
}

/** An expedition that brings nothing makes the next one longer. */
function* exploreOnce({ context, noisy, turns, sinceAccepted }: Run): Steps<Iteration> {
  const start = context.book.best();
  const components = componentsOf(start.prompt);
  const turn = turns.get(start.id) ?? 0;
  turns.set(start.id, turn + 1);
  const steps = context.options.expeditionSteps + Math.floor(sinceAccepted / 2) - 1;
  return yield* explore(context, start, components[turn % components.length] ?? '', { noisy, steps });
}
