import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';
import { componentsOf, rowsOfComponent } from '../moves/component-text.ts';
import { findFailures } from '../moves/find-failures.ts';
import { openSearch } from '../moves/open-search.ts';
import { scoreFully } from '../moves/score-fully.ts';
import { settleBest } from '../moves/settle-best.ts';
import { PERFECT_SCORE } from '../moves/shown-rows.ts';
import { type Drifted, drift } from './drift.ts';
import { expandPrompt } from './expand-prompt.ts';
import { type ProtegiOptions, protegiOptionsSchema } from './protegi-options.ts';
import { selectBeam } from './select-beam.ts';

/** Task calls of a round at the least, in sizes of the select split. */
const ROUND_SPLITS_MIN = 4;
/** Errors to draw the groups of all gradients from; groups may overlap. */
const ERRORS_WANTED_PER_GRADIENT = 2;
/** Of the beam, the share that is scored on the whole select split in every round. */
const FULLY_SCORED_SHARE = 0.5;

/**
 * ProTeGi (arXiv 2305.03495): a beam of prompts, each edited along textual gradients, criticisms of its errors, and
 * paraphrased; a bandit chooses the next beam from all of them on common rows.
 */
export const protegi: PromptOptimizer<ProtegiOptions> = {
  name: 'protegi',
  version: 1,
  options: protegiOptionsSchema,
  taskCallsMin: (task, options) => options.beamSize * task.splits.select.length + options.errorsPerGradient,
  *search(context) {
    const { book, options, task } = context;
    const opened = yield* openSearch(context, options.settleShare);
    if (opened === null) return;
    const { noisy, reserve } = opened;
    const components = componentsOf(book.seed.prompt);
    let beam: readonly Candidate[] = [book.seed];
    let adrift: Candidate | null = null;
    const rounds = affordableRounds(context, reserve);
    for (let round = 0; round < rounds; round += 1) {
      const budget = Math.floor((context.left().taskCalls - reserve) / (rounds - round));
      if (budget < task.splits.select.length || context.left().teacherCalls <= 0) break;
      const component = components[round % components.length] ?? '';
      const pool: Candidate[] = yield* expandBeam(context, beam, { component, noisy, budget });
      const drifted: Drifted | null = adrift === null ? null : yield* driftOnce(context, adrift, component, noisy);
      if (drifted !== null)
        pool.push(...[drifted.tip, drifted.freed ?? drifted.tip].filter((each) => !pool.includes(each)));
      if (pool.length === beam.length) break;
      const next: readonly Candidate[] = yield* nextBeam(context, pool, budget, reserve, noisy);
      const [top] = next;
      adrift = top === undefined || top.id !== beam[0]?.id ? null : (drifted?.tip ?? top);
      beam = next;
    }
    yield* settleBest(context);
  },
};

/** Rounds that are each worth their name: fewer of them where the budget is small, instead of many without choice. */
function affordableRounds({ options, task, left }: SearchContext<ProtegiOptions>, reserve: number): number {
  const least = ROUND_SPLITS_MIN * task.splits.select.length;
  return Math.min(options.rounds, Math.max(1, Math.floor((left().taskCalls - reserve) / least)));
}

interface Expansion {
  readonly component: string;
  readonly noisy: boolean;
  /** Task calls of the round. */
  readonly budget: number;
}

/** The beam and the successors of all of it, without doubles. */
function* expandBeam(
  context: SearchContext<ProtegiOptions>,
  beam: readonly Candidate[],
  { component, noisy, budget }: Expansion,
): Steps<Candidate[]> {
  const { options, task } = context;
  const own = rowsOfComponent(context, task.splits.propose, component);
  const minibatch = context.random('minibatch').sample(own, options.minibatchSize);
  const pool = [...beam];
  const until = context.left().taskCalls - Math.floor(budget / 2);
  for (const parent of beam) {
    if (context.left().taskCalls < until) break;
    const wanted = Math.min(minibatch.length, ERRORS_WANTED_PER_GRADIENT * options.nGradients);
    const errors = yield* findFailures(context, parent.id, minibatch, { wanted, perfectScore: PERFECT_SCORE, noisy });
    if (errors.length === 0) continue;
    const successors = yield* expandPrompt(context, parent, component, errors);
    pool.push(...successors);
  }
  return pool.filter(({ id }, index) => pool.findIndex((each) => each.id === id) === index);
}

/** One more piece of the way that begins at the best of a beam that is stuck. */
function driftOnce(
  context: SearchContext<ProtegiOptions>,
  start: Candidate,
  component: string,
  noisy: boolean,
): Steps<Drifted> {
  const own = rowsOfComponent(context, context.task.splits.propose, component);
  const rowIds = context.random('minibatch').shuffled(own);
  const wanted = ERRORS_WANTED_PER_GRADIENT * context.options.nGradients;
  return drift(context, start, { component, rowIds, wanted, noisy });
}

/** The bandit's choice, scored in full as far as the budget goes, best first. */
function* nextBeam(
  context: SearchContext<ProtegiOptions>,
  pool: readonly Candidate[],
  budget: number,
  reserve: number,
  noisy: boolean,
): Steps<readonly Candidate[]> {
  const fully = Math.ceil(FULLY_SCORED_SHARE * context.options.beamSize);
  const full = fully * context.task.splits.select.length;
  const available = Math.max(0, context.left().taskCalls - reserve - full);
  const beam = yield* selectBeam(context, pool, Math.min(budget, available), noisy);
  for (const { id } of beam.slice(0, fully)) if (!(yield* scoreFully(context, [id]))) break;
  const value = ({ id }: Candidate) => context.book.objective(id) ?? 0;
  return beam.toSorted((a, b) => value(b) - value(a) || a.index - b.index);
}
