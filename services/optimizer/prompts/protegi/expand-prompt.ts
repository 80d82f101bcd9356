import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { askTeacher, type TeacherQuestion } from '../moves/ask-teacher.ts';
import { withComponent } from '../moves/component-text.ts';
import { generalLines } from '../moves/general-lines.ts';
import { shownRows } from '../moves/shown-rows.ts';
import { limitExpansion } from './limit-expansion.ts';
import type { ProtegiOptions } from './protegi-options.ts';

/** What a critic says of one group of errors. */
interface Gradient {
  readonly critique: string;
  readonly rowIds: readonly string[];
}

/**
 * The successors of one prompt: an edit for every gradient, one that follows all of them, and paraphrases of all of these
 * and of the prompt. Of more than `maxExpansionFactor` the ones that do best on a few errors stay, or a random draw.
 */
export function* expandPrompt(
  context: SearchContext<ProtegiOptions>,
  parent: Candidate,
  component: string,
  errors: readonly string[],
): Steps<readonly Candidate[]> {
  const gradients = yield* findGradients(context, parent, component, errors);
  const edits = yield* applyGradients(context, parent, component, gradients);
  const combined = context.options.combineGradients ? yield* applyAll(context, parent, component, gradients) : null;
  const own = [...edits, ...(combined === null ? [] : [combined])];
  const paraphrases = yield* paraphrase(context, [...own, parent], component);
  const seen = new Set([parent.id]);
  const successors = [...own, ...paraphrases].filter(({ id }) => !seen.has(id) && seen.add(id));
  return yield* limitExpansion(context, successors, errors, combined);
}

/** `nGradients` critiques, each of its own draw of errors, with the model's answers and the judge's reasons. */
export function* findGradients(
  context: SearchContext<ProtegiOptions>,
  parent: Candidate,
  component: string,
  errors: readonly string[],
): Steps<readonly Gradient[]> {
  const { options, task } = context;
  const random = context.random('errors');
  const draws = Array.from({ length: options.nGradients }, () => random.sample(errors, options.errorsPerGradient));
  const questions = draws.map(
    (rowIds, draw): TeacherQuestion => ({
      operator: 'critique-errors',
      material: {
        taskDescription: task.description,
        currentPrompt: parent.prompt[component] ?? '',
        rows: shownRows(context, parent.id, rowIds),
      },
      count: options.gradientsPerError,
      draw,
    }),
  );
  const replies = yield* askTeacher(context, questions);
  return replies.flatMap((reply, index) =>
    (reply?.texts ?? [])
      .slice(0, options.gradientsPerError)
      .map((critique) => ({ critique, rowIds: draws[index] ?? [] })),
  );
}

function* applyGradients(
  context: SearchContext<ProtegiOptions>,
  parent: Candidate,
  component: string,
  gradients: readonly Gradient[],
): Steps<readonly Candidate[]> {
  const text = parent.prompt[component] ?? '';
  const questions = gradients.map((gradient, draw) => editQuestion(context, parent, text, gradient, draw));
  const replies = yield* askTeacher(context, questions);
  return replies.flatMap((reply, index) =>
    (reply?.texts ?? []).slice(0, context.options.stepsPerGradient).flatMap((edited) => {
      const note = gradients[index]?.critique ?? '';
      return successor(context, parent, component, edited, 'apply-critique', note) ?? [];
    }),
  );
}

/** One edit after the other on the same text: critiques of different errors mostly do not contradict one another. */
export function* applyAll(
  context: SearchContext<ProtegiOptions>,
  parent: Candidate,
  component: string,
  gradients: readonly Gradient[],
): Steps<Candidate | null> {
  const inputs = context.task.rows.map(({ input }) => input);
  let text = parent.prompt[component] ?? '';
  for (const [draw, gradient] of gradients.entries()) {
    const [reply] = yield* askTeacher(context, [editQuestion(context, parent, text, gradient, draw)]);
    const [edited] = reply?.texts ?? [];
    if (edited === undefined) continue;
    const general = generalLines(text, edited, inputs);
    if (general.trim() !== '' && general.length <= context.task.lengthMax) text = general;
  }
  const note = gradients.map(({ critique }) => critique).join('\n');
  return successor(context, parent, component, text, 'apply-critiques', note);
}

function editQuestion(
  context: SearchContext<ProtegiOptions>,
  parent: Candidate,
  text: string,
  { critique, rowIds }: Gradient,
  draw: number,
): TeacherQuestion {
  const rows = shownRows(context, parent.id, rowIds);
  const material = { taskDescription: context.task.description, currentPrompt: text, critique, rows };
  return { operator: 'apply-critique', material, count: context.options.stepsPerGradient, draw };
}

function* paraphrase(
  context: SearchContext<ProtegiOptions>,
  candidates: readonly Candidate[],
  component: string,
): Steps<readonly Candidate[]> {
  const count = context.options.mcSamplesPerStep;
  if (count === 0) return [];
  const questions = candidates.map(
    ({ prompt }): TeacherQuestion => ({
      operator: 'paraphrase',
      material: { currentPrompt: prompt[component] ?? '' },
      count,
    }),
  );
  const replies = yield* askTeacher(context, questions);
  return replies.flatMap((reply, index) => {
    const origin = candidates[index];
    if (origin === undefined) return [];
    return (reply?.texts ?? [])
      .slice(0, count)
      .flatMap((text) => successor(context, origin, component, text, 'paraphrase', '') ?? []);
  });
}

function successor(
  context: SearchContext<ProtegiOptions>,
  parent: Candidate,
  component: string,
  text: string,
  operator: string,
  note: string,
): Candidate | null {
  const before = parent.prompt[component] ?? '';
  const inputs = context.task.rows.map(({ input }) => input);
  const general = generalLines(before, text, inputs);
  if (general.trim() === '' || general === before) return null;
  const prompt = withComponent(parent.prompt, component, general);
  return context.book.add({ prompt, parents: [parent.id], operator, note });
}
