import { race } from '../contract/acceptance.ts';
import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';
import { componentsOf, rowsOfComponent } from '../moves/component-text.ts';
import { dropHarmfulLine, TRIAL_ROWS } from '../moves/drop-harmful-line.ts';
import { findFailures } from '../moves/find-failures.ts';
import { openSearch } from '../moves/open-search.ts';
import { rewriteFromRows } from '../moves/rewrite-from-rows.ts';
import { scoreFully } from '../moves/score-fully.ts';
import { settleBest } from '../moves/settle-best.ts';
import { PERFECT_SCORE } from '../moves/shown-rows.ts';
import { type MetaPromptOptions, metaPromptOptionsSchema } from './meta-prompt-options.ts';
import { trajectoryOf } from './trajectory.ts';

/** No chance reaches it: a prompt is never taken for better before all rows are scored. */
const NEVER = 2;

interface Chain {
  readonly noisy: boolean;
  tip: Candidate;
  /** Prompts since the best so far was found. */
  sinceBest: number;
  /** Chains that ended without a better prompt. */
  barren: number;
  round: number;
}

/**
 * Rewriting of one prompt by a teacher who sees the rows that fail and the trajectory of scores (promptim and OPRO, arXiv
 * 2309.03409). Every rewrite becomes the next to be rewritten, better or not; the best of all is what counts in the end.
 * A chain that stays without a better prompt is looked through for a line that holds it back, and starts at the best anew.
 */
export const metaPrompt: PromptOptimizer<MetaPromptOptions> = {
  name: 'meta-prompt',
  version: 1,
  options: metaPromptOptionsSchema,
  taskCallsMin: (task, options) => 2 * task.splits.select.length + options.rowsShown,
  *search(context) {
    const opened = yield* openSearch(context, context.options.settleShare);
    if (opened === null) return;
    const { noisy, reserve } = opened;
    const chain: Chain = { noisy, tip: context.book.seed, sinceBest: 0, barren: 0, round: 0 };
    while (canGoOn(context, chain, reserve)) yield* playRound(context, chain);
    yield* settleBest(context);
  },
};

function canGoOn(context: SearchContext<MetaPromptOptions>, chain: Chain, reserve: number): boolean {
  const { options, task, left } = context;
  if (chain.round >= options.numRounds || chain.barren >= options.barrenMax || left().teacherCalls <= 0) return false;
  return left().taskCalls - reserve >= task.splits.select.length + options.rowsShown;
}

/** One rewrite of the tip and its score; at the end of a chain the look for a harmful line. */
function* playRound(context: SearchContext<MetaPromptOptions>, chain: Chain): Steps<void> {
  const components = componentsOf(context.book.seed.prompt);
  const component = components[chain.round % components.length] ?? '';
  chain.round += 1;
  const best = context.book.best();
  const child = yield* rewriteTip(context, chain, component);
  if (child !== null) {
    chain.tip = child;
    yield* scoreIfPromising(context, child, best, chain.noisy);
  }
  chain.sinceBest = context.book.best().id === best.id ? chain.sinceBest + 1 : 0;
  if (chain.sinceBest === 0) chain.barren = 0;
  // A chain that has to leave a local optimum behind may be long: each one without gain makes the next one longer.
  if (child !== null && chain.sinceBest < context.options.restartAfter * (chain.barren + 1)) return;
  yield* endChain(context, chain, component);
}

/** The whole select split, unless a part of it shows already that a prompt is no match for the best. */
function* scoreIfPromising(
  context: SearchContext<MetaPromptOptions>,
  child: Candidate,
  best: Candidate,
  noisy: boolean,
): Steps<void> {
  const { select } = context.task.splits;
  const looks = [Math.ceil(select.length / 4), Math.ceil(select.length / 2), select.length];
  const rejectAt = noisy ? 0.1 : 0.2;
  yield* race(context, child.id, best.id, select, { purpose: 'select', looks, acceptAt: NEVER, rejectAt });
}

function* rewriteTip(
  context: SearchContext<MetaPromptOptions>,
  chain: Chain,
  component: string,
): Steps<Candidate | null> {
  const { options } = context;
  const rowIds = yield* failuresOf(context, chain, component, options.rowsShown);
  if (rowIds.length === 0) return null;
  const material = { trajectory: trajectoryOf(context, component) };
  const rewrite = { operator: 'meta-rewrite' as const, component, rowIds, depth: options.rewriteDepth, material };
  const child = yield* rewriteFromRows(context, chain.tip, rewrite);
  return child === null || child.id === chain.tip.id ? null : child;
}

/** Leaves out lines of the tip on trial, and lets the next chain start from what is best then. */
function* endChain(context: SearchContext<MetaPromptOptions>, chain: Chain, component: string): Steps<void> {
  const best = context.book.best();
  const failing = yield* failuresOf(context, chain, component, TRIAL_ROWS);
  const shorter = yield* dropHarmfulLine(context, chain.tip, component, failing);
  if (shorter !== null) yield* scoreFully(context, [shorter.id]);
  const found = context.book.best();
  chain.barren = found.id === best.id ? chain.barren + 1 : 0;
  chain.sinceBest = 0;
  chain.tip = found;
}

function* failuresOf(
  context: SearchContext<MetaPromptOptions>,
  { tip, noisy }: Chain,
  component: string,
  wanted: number,
): Steps<readonly string[]> {
  const own = rowsOfComponent(context, context.task.splits.propose, component);
  const rows = context.random('rows').shuffled(own).slice(0, context.options.evalSubsetSize);
  return yield* findFailures(context, tip.id, rows, { wanted, perfectScore: PERFECT_SCORE, noisy });
}
