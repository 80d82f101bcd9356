import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';
import { componentsOf, rowsOfComponent } from '../moves/component-text.ts';
import { dropHarmfulLine } from '../moves/drop-harmful-line.ts';
import { findFailures } from '../moves/find-failures.ts';
import { probeNoise } from '../moves/judge-noise.ts';
import { scoreFully } from '../moves/score-fully.ts';
import { settleBest } from '../moves/settle-best.ts';
import { expandPrompt } from './expand-prompt.ts';
import { type ProtegiOptions, protegiOptionsSchema } from './protegi-options.ts';
import { selectBeam } from './select-beam.ts';

const PERFECT_SCORE = 1;
const SAMPLES_MAX = 8;
/** Failing rows on which lines are left out on trial, and the share of them that a shorter text must repair. */
const TRIAL_ROWS = 4;
const REPAIRED_AT = 0.6;

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
    if (!(yield* scoreFully(context, [book.seed.id]))) return;
    const noisy = (yield* probeNoise(context, task.splits.propose)).flipRate > 0;
    const reserve = noisy ? Math.floor(options.settleShare * context.left().taskCalls) : 0;
    const components = componentsOf(book.seed.prompt);
    let beam: readonly Candidate[] = [book.seed];
    for (let round = 0; round < options.rounds; round += 1) {
      const budget = Math.floor((context.left().taskCalls - reserve) / (options.rounds - round));
      if (budget < task.splits.select.length || context.left().teacherCalls <= 0) break;
      const pool = yield* expandBeam(context, beam, components[round % components.length] ?? '', noisy, budget);
      if (pool.length === beam.length) break;
      beam = yield* nextBeam(context, pool, budget, reserve, noisy);
    }
    yield* settleBest(context, { taskCallsMax: context.left().taskCalls, samplesMax: SAMPLES_MAX });
  },
};

/** The beam and the successors of all of it, without doubles. */
function* expandBeam(
  context: SearchContext<ProtegiOptions>,
  beam: readonly Candidate[],
  component: string,
  noisy: boolean,
  budget: number,
): Steps<readonly Candidate[]> {
  const { options, task } = context;
  const own = rowsOfComponent(context, task.splits.propose, component);
  const minibatch = context.random('minibatch').sample(own, options.minibatchSize);
  const pool = [...beam];
  const until = context.left().taskCalls - Math.floor(budget / 2);
  for (const parent of beam) {
    if (context.left().taskCalls < until) break;
    const wanted = Math.min(minibatch.length, options.nGradients * options.errorsPerGradient);
    const errors = yield* findFailures(context, parent.id, minibatch, { wanted, perfectScore: PERFECT_SCORE, noisy });
    if (errors.length === 0) continue;
    const successors = yield* expandPrompt(context, parent, component, errors);
    const trial = { failing: errors.slice(0, TRIAL_ROWS), purpose: 'minibatch' as const, repairedAt: REPAIRED_AT };
    const shorter = parent === beam[0] ? yield* dropHarmfulLine(context, parent, component, trial) : null;
    pool.push(...successors, ...(shorter === null ? [] : [shorter]));
  }
  return pool.filter(({ id }, index) => pool.findIndex((each) => each.id === id) === index);
}

/** The bandit's choice, scored in full as far as the budget goes, best first. */
function* nextBeam(
  context: SearchContext<ProtegiOptions>,
  pool: readonly Candidate[],
  budget: number,
  reserve: number,
  noisy: boolean,
): Steps<readonly Candidate[]> {
  const full = context.options.beamSize * context.task.splits.select.length;
  const available = Math.max(0, context.left().taskCalls - reserve - full);
  const beam = yield* selectBeam(context, pool, Math.min(budget, available), noisy);
  for (const { id } of beam) if (!(yield* scoreFully(context, [id]))) break;
  const value = ({ id }: Candidate) => context.book.objective(id) ?? 0;
  return beam.toSorted((a, b) => value(b) - value(a) || a.index - b.index);
}
