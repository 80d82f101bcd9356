import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';
import { componentsOf, rowsOfComponent } from '../moves/component-text.ts';
import { dropHarmfulLine, TRIAL_ROWS } from '../moves/drop-harmful-line.ts';
import { findFailures } from '../moves/find-failures.ts';
import { type OpenedSearch, openSearch } from '../moves/open-search.ts';
import { scoreFully } from '../moves/score-fully.ts';
import { settleBest } from '../moves/settle-best.ts';
import { PERFECT_SCORE } from '../moves/shown-rows.ts';
import { furnish } from './furnish.ts';
import { mutate } from './mutate.ts';
import { type PromptWizardOptions, promptWizardOptionsSchema } from './prompt-wizard-options.ts';
import { rankMutants } from './rank-mutants.ts';
import { refine } from './refine.ts';

interface Run extends OpenedSearch {
  readonly context: SearchContext<PromptWizardOptions>;
}

/**
 * PromptWizard (arXiv 2405.18369): mutation under thinking styles and critique with refinement, in turns; then refinement
 * alone from further examples; then persona and synthetic examples, which stay if they are worth their length.
 */
export const promptWizard: PromptOptimizer<PromptWizardOptions> = {
  name: 'prompt-wizard',
  version: 1,
  options: promptWizardOptionsSchema,
  taskCallsMin: (task, options) => 4 * task.splits.select.length + options.mutationRounds * options.styleVariation,
  *search(context) {
    const { book, options } = context;
    const opened = yield* openSearch(context, options.settleShare);
    if (opened === null) return;
    const run = { context, ...opened };
    for (const component of componentsOf(book.seed.prompt)) {
      for (let iteration = 0; iteration < options.mutateRefineIterations; iteration += 1) {
        yield* mutateAndRefine(run, component);
      }
      yield* refineOn(run, component);
      yield* furnishBest(run, component);
    }
    yield* settleBest(context);
  },
};

/** Mutants of the best prompt, ranked by the short test; the top and the best itself are refined, and all of them scored. */
function* mutateAndRefine(run: Run, component: string): Steps<void> {
  const { context } = run;
  const { options } = context;
  const base = context.book.best();
  const own = rowsOfComponent(context, context.task.splits.propose, component);
  if (!isAffordable(run, options.mutationRounds * options.styleVariation * options.maxEvalBatches)) return;
  const mutants = yield* mutate(context, base, component);
  const rows = context.random('batches').sample(own, options.questionsBatchSize * options.maxEvalBatches);
  const ranked = yield* rankMutants(context, mutants, rows);
  for (const top of ranked.slice(0, options.topN)) {
    if (!isAffordable(run, 0) || !(yield* scoreFully(context, [top.id]))) return;
  }
  yield* refineFrom(run, context.book.best(), component);
}

/**
 * Refinement alone, from further examples. It goes on from the last refinement, better or not, and in the end one line
 * after the other is left out: instructions that help together alone are not found by gains.
 */
function* refineOn(run: Run, component: string): Steps<void> {
  const { context, noisy } = run;
  const best = context.book.best();
  let tip = best;
  for (let iteration = 0; iteration < context.options.refineTaskEgIterations; iteration += 1) {
    tip = (yield* refineFrom(run, tip, component)) ?? tip;
  }
  if (context.book.best().id !== best.id || !isAffordable(run, 0)) return;
  const own = rowsOfComponent(context, context.task.splits.propose, component);
  const options = { wanted: TRIAL_ROWS, perfectScore: PERFECT_SCORE, noisy };
  const failing = yield* findFailures(context, tip.id, context.random('examples').shuffled(own), options);
  const shorter = yield* dropHarmfulLine(context, tip, component, failing);
  if (shorter !== null) yield* scoreFully(context, [shorter.id]);
}

/** Refines a prompt from rows that fail; positive critique once most of what was looked at is right. Null for nothing new. */
function* refineFrom(run: Run, base: Candidate, component: string): Steps<Candidate | null> {
  const { context, noisy } = run;
  const { options, book } = context;
  if (!isAffordable(run, options.seenSetSize)) return null;
  const own = rowsOfComponent(context, context.task.splits.propose, component);
  const rows = context.random('examples').sample(own, options.seenSetSize);
  const wanted = Math.min(rows.length, 2 * options.critiquesPerRefinement);
  const failing = yield* findFailures(context, base.id, rows, { wanted, perfectScore: PERFECT_SCORE, noisy });
  if (failing.length === 0) return null;
  const score = book.mean(base.id, context.task.splits.select)?.mean ?? 0;
  const mostlyWorks = score >= options.minCorrectCount / options.maxEvalBatches;
  const refined = yield* refine(context, base, component, failing, mostlyWorks);
  if (refined !== null) yield* scoreFully(context, [refined.id]);
  return refined;
}

function* furnishBest(run: Run, component: string): Steps<void> {
  const { context, noisy } = run;
  const best = context.book.best();
  if (!isAffordable(run, 2 * context.task.splits.select.length)) return;
  const rows = rowsOfComponent(context, context.task.splits.propose, component).slice(
    0,
    context.options.numTrainExamples,
  );
  const options = { wanted: context.options.fewShotCount, perfectScore: PERFECT_SCORE, noisy };
  const failing = yield* findFailures(context, best.id, rows, options);
  for (const variant of yield* furnish(context, best, component, failing)) {
    if (!isAffordable(run, 0) || !(yield* scoreFully(context, [variant.id]))) return;
  }
}

/** Whether so many calls and a full score can be paid beside what is kept for the end. */
function isAffordable({ context, reserve }: Run, calls: number): boolean {
  const { left, task } = context;
  return left().taskCalls - reserve >= calls + task.splits.select.length && left().teacherCalls > 0;
}
