import * as z from 'zod';
import type { Candidate } from '../contract/candidate-book.ts';
import { type Prompt, promptId } from '../contract/prompt.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';
import type { TaskRow } from '../contract/task.ts';
import { parseTeacherReply } from '../teacher/parse-teacher-reply.ts';
import { teacherAsk } from '../teacher/teacher-ask.ts';
import { DEFAULT_TEMPLATE, type DemonstrationLayout, isTemplate, withDemonstrations } from './demonstrations.ts';
import { type DemonstrationChoice, nextChoice } from './next-choice.ts';

const optionsSchema = z.strictObject({
  minExamples: z.int().nonnegative().default(2),
  maxExamples: z.int().positive().default(8),
  /** Rows, by their place among the candidates for demonstrations, that every prompt shows. */
  fixedExampleIndices: z.array(z.int().nonnegative()).default([]),
  nTrials: z.int().positive().max(1_000).default(30),
  nStartupTrials: z.int().positive().default(10),
  nEiCandidates: z.int().positive().max(1_000).default(24),
  /** `bits`: include a row or not. `slots`: which row stands in each of `maxExamples` places. */
  encoding: z.enum(['bits', 'slots']).default('bits'),
  /** Instructions to choose among: the seed's, and rewrites of it by the teacher. */
  numInstructions: z.int().positive().max(20).default(1),
  /** Most candidates for demonstrations; of more rows, some are drawn. */
  poolSize: z.int().positive().max(100).default(20),
  exampleTemplate: z.string().refine(isTemplate, 'needs the slots [[input]] and [[answer]]').default(DEFAULT_TEMPLATE),
  exampleSeparator: z.string().default('\n\n'),
  fewShotTitle: z.string().default('Examples:'),
  fewShotPosition: z.enum(['append', 'prepend']).default('append'),
  inferExampleTemplateViaTeacher: z.boolean().default(false),
  templateInferNSamples: z.int().positive().default(8),
  /** Rows of the select split that trials are scored on; the best are scored on all of it. Null: all. */
  evalSubsetSize: z.int().positive().nullable().default(null),
});

type BayesianOptions = z.infer<typeof optionsSchema>;

/** Trials on a subset of rows that are scored on the whole select split in the end. */
const FINALISTS = 3;

/**
 * Bayesian search for the demonstrations, and the instruction, that answer most rows. Demonstrations come from the
 * propose split alone, so that no row is scored with its own answer in the prompt, and stand before the input.
 */
export const bayesian: PromptOptimizer<BayesianOptions> = {
  name: 'bayesian',
  version: 1,
  options: optionsSchema,
  taskCallsMin: (task, options) =>
    (2 * options.nStartupTrials + 1) * (options.evalSubsetSize ?? task.splits.select.length),
  *search(context) {
    const { book, task, options } = context;
    const pool = demonstrationPool(context);
    const rows =
      options.evalSubsetSize === null
        ? task.splits.select
        : context.random('rows').sample(task.splits.select, options.evalSubsetSize);
    const instructions = yield* firstScores(context, rows);
    const layout = yield* chooseLayout(context, pool);
    const most = Math.min(options.maxExamples, pool.length);
    const space = {
      ...{ encoding: options.encoding, poolSize: pool.length, instructions: instructions.length, most },
      ...{
        least: Math.min(options.minExamples, most),
        fixed: options.fixedExampleIndices.filter((at) => at < most),
      },
      ...{ startupTrials: options.nStartupTrials, candidates: options.nEiCandidates },
    };
    const trials: { readonly choice: DemonstrationChoice; readonly candidate: Candidate | null }[] = [];
    while (trials.length < options.nTrials && pool.length > 0) {
      const tried = trials.map(({ choice, candidate }) => ({
        choice,
        rowScores: rows.map((rowId) => (candidate === null ? null : book.rowScore(candidate.id, rowId))),
      }));
      const choice = nextChoice(tried, space, context.random);
      if (choice === null) break;
      const shown = pool.filter((_row, index) => choice.members[index] === 1);
      const prompt = promptOf(instructions[choice.instruction] ?? task.seed, shown, layout);
      // A prompt that is refused is a failed trial: it says nothing of others, and is not proposed again.
      const candidate = book.add({ prompt, parents: [book.seed.id], operator: 'demonstrate' });
      trials.push({ choice, candidate });
      if (candidate === null) continue;
      const ask = { candidateId: candidate.id, rowIds: rows, purpose: purposeOf(context, rows) };
      if (context.costOf([ask]) > context.left().taskCalls) break;
      yield* context.evaluate([ask]);
    }
    if (rows.length < task.splits.select.length) yield* scoreFinalists(context, rows);
  },
};

/** Rows whose good answer is known, of the propose split; a drawn few when there are many. */
function demonstrationPool({ task, options, row, random }: SearchContext<BayesianOptions>): readonly TaskRow[] {
  const usable = task.splits.propose.map(row).filter(({ expected }) => expected !== null);
  if (usable.length <= options.poolSize) return usable;
  const drawn = new Set(random('pool').sample(usable, options.poolSize));
  return usable.filter((each) => drawn.has(each));
}

/** The seed's score, and beside it the instructions to choose among: the seed's own is the first. */
function* firstScores(context: SearchContext<BayesianOptions>, rows: readonly string[]): Steps<readonly Prompt[]> {
  const { book, task, options } = context;
  const wanted = options.numInstructions - 1;
  const components = Object.keys(task.seed);
  const asks = components.map((component) =>
    teacherAsk(
      'rephrase',
      { taskDescription: task.description, currentPrompt: task.seed[component] },
      { count: wanted, lengthMax: task.lengthMax },
    ),
  );
  const seed = { candidateId: book.seed.id, rowIds: rows, purpose: purposeOf(context, rows) };
  const { answers } = yield* context.both([seed], wanted > 0 ? asks : []);
  const rewrites = answers.map((answer) =>
    answer.status === 'answered' ? (parseTeacherReply('prompts', answer.text)?.texts ?? []) : [],
  );
  const further = Array.from({ length: wanted }, (_, index) =>
    Object.fromEntries(components.map((name, at) => [name, rewrites[at]?.[index] ?? task.seed[name] ?? ''])),
  );
  return [task.seed, ...new Map(further.map((prompt) => [promptId(prompt), prompt])).values()].filter(
    (prompt, index) => index === 0 || promptId(prompt) !== book.seed.id,
  );
}

/** The template of one demonstration: the teacher's, where it is asked for and gives a usable one. */
function* chooseLayout(context: SearchContext<BayesianOptions>, pool: readonly TaskRow[]): Steps<DemonstrationLayout> {
  const { options, task, random } = context;
  const layout = {
    ...{ template: options.exampleTemplate, separator: options.exampleSeparator },
    ...{ title: options.fewShotTitle, position: options.fewShotPosition },
  };
  if (!options.inferExampleTemplateViaTeacher) return layout;
  const examples = random('template')
    .sample(pool, options.templateInferNSamples)
    .map(({ input, expected }) => ({ input, answer: expected ?? '' }));
  const ask = teacherAsk(
    'infer-example-template',
    { taskDescription: task.description, examples },
    { count: 1, lengthMax: task.lengthMax },
  );
  const [answer] = yield* context.teach([ask]);
  const texts = answer?.status === 'answered' ? (parseTeacherReply('prompts', answer.text)?.texts ?? []) : [];
  return { ...layout, template: texts.find(isTemplate) ?? layout.template };
}

/** The instruction with its demonstrations; a component shows only rows that it answers. */
function promptOf(instruction: Prompt, shown: readonly TaskRow[], layout: DemonstrationLayout): Prompt {
  return Object.fromEntries(
    Object.entries(instruction).map(([name, text]) => [
      name,
      withDemonstrations(
        text,
        shown.filter(({ component }) => component === null || component === name),
        layout,
      ),
    ]),
  );
}

/** The best by their subset of rows, on the whole select split: what is returned was scored on all of it. */
function* scoreFinalists(context: SearchContext<BayesianOptions>, rows: readonly string[]): Steps<void> {
  const { book, task } = context;
  const ranked = book
    .list()
    .map((candidate) => ({ candidate, score: book.mean(candidate.id, rows)?.mean ?? 0 }))
    .toSorted((left, right) => right.score - left.score || left.candidate.index - right.candidate.index)
    .slice(0, FINALISTS)
    .map(({ candidate }) => candidate);
  for (const candidate of [book.seed, ...ranked]) {
    const ask = { candidateId: candidate.id, rowIds: task.splits.select, purpose: 'select' as const };
    if (context.costOf([ask]) <= context.left().taskCalls) yield* context.evaluate([ask]);
  }
}

const purposeOf = ({ task }: SearchContext<BayesianOptions>, rows: readonly string[]) =>
  rows.length === task.splits.select.length ? ('select' as const) : ('minibatch' as const);
