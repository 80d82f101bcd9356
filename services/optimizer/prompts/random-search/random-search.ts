import * as z from 'zod';
import type { Candidate } from '../contract/candidate-book.ts';
import type { TeachOutcome } from '../contract/requests.ts';
import type { SearchContext } from '../contract/search-context.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';
import { parseTeacherReply } from '../teacher/parse-teacher-reply.ts';
import { teacherAsk } from '../teacher/teacher-ask.ts';

const optionsSchema = z.strictObject({
  /** Rewrites of the seed, by its published name and default. */
  numVariations: z.int().positive().max(100).default(5),
});

type RandomSearchOptions = z.infer<typeof optionsSchema>;

/** Rewrites asked for in one question: more would share one reply's length. */
const PER_QUESTION_MAX = 5;

/**
 * Rewrites of the seed that know nothing of how it did: what every other optimizer must beat. The seed is scored like
 * each of them, so that none replaces it by being tried.
 */
export const randomSearch: PromptOptimizer<RandomSearchOptions> = {
  name: 'random-search',
  version: 1,
  options: optionsSchema,
  taskCallsMin: (task) => 2 * task.splits.select.length,
  *search(context) {
    const { book, task, options } = context;
    const whole = (candidate: Candidate) => ({
      candidateId: candidate.id,
      rowIds: task.splits.select,
      purpose: 'select' as const,
    });
    const { answers } = yield* context.both([whole(book.seed)], questions(context, options.numVariations));
    const found = variations(context, answers).slice(0, options.numVariations);
    const affordable = Math.floor(context.left().taskCalls / Math.max(1, task.splits.select.length));
    if (affordable > 0) yield* context.evaluate(found.slice(0, affordable).map(whole));
  },
};

/** Every component gets its share of the questions; equal questions are told apart by their draw. */
function questions(context: SearchContext<RandomSearchOptions>, count: number) {
  const { task } = context;
  const components = Object.keys(task.seed);
  return components.flatMap((component) => {
    const share = Math.ceil(count / components.length);
    return Array.from({ length: Math.ceil(share / PER_QUESTION_MAX) }, (_, draw) => ({
      ...teacherAsk(
        'rephrase',
        { taskDescription: task.description, currentPrompt: task.seed[component] },
        { count: Math.min(PER_QUESTION_MAX, share - draw * PER_QUESTION_MAX), lengthMax: task.lengthMax },
      ),
      draw,
    }));
  });
}

function variations(context: SearchContext<RandomSearchOptions>, answers: readonly TeachOutcome[]): Candidate[] {
  const { task, book, options } = context;
  const components = Object.keys(task.seed);
  const perComponent = Math.ceil(Math.ceil(options.numVariations / components.length) / PER_QUESTION_MAX);
  const found = answers.flatMap((answer, index) => {
    const component = components[Math.floor(index / perComponent)];
    const reply = answer.status === 'answered' ? parseTeacherReply('prompts', answer.text) : null;
    if (component === undefined || reply === null) return [];
    return reply.texts.map((text) =>
      book.add({ prompt: { ...task.seed, [component]: text }, parents: [book.seed.id], operator: 'rephrase' }),
    );
  });
  const distinct = new Map(found.flatMap((each) => (each === null || each === book.seed ? [] : [[each.id, each]])));
  return [...distinct.values()];
}
