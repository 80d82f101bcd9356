import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { askTeacher } from '../moves/ask-teacher.ts';
import { withComponent } from '../moves/component-text.ts';
import { generalLines } from '../moves/general-lines.ts';
import { shownRows } from '../moves/shown-rows.ts';
import type { TeacherExample } from '../teacher/teacher-ask.ts';
import type { PromptWizardOptions } from './prompt-wizard-options.ts';

/**
 * The prompt with what may help beside its instruction: an expert persona before it, synthetic examples after it, both.
 * Examples are made up from failing rows and never taken from them: what users wrote has no place in other people's
 * prompts. Variants that are too long or refused are left out.
 */
export function* furnish(
  context: SearchContext<PromptWizardOptions>,
  base: Candidate,
  component: string,
  failing: readonly string[],
): Steps<readonly Candidate[]> {
  const { options, book } = context;
  const instruction = base.prompt[component] ?? '';
  const persona = options.generateExpertIdentity ? yield* writePersona(context, instruction) : null;
  const examples = options.fewShotCount > 0 ? yield* writeExamples(context, base, instruction, failing) : null;
  const keywords = options.generateIntentKeywords ? yield* writeKeywords(context, instruction) : null;
  const joined = (parts: readonly (string | null)[]) => parts.filter((part) => part !== null).join('\n\n');
  const variants: readonly (readonly [string, string])[] = [
    ['persona', joined([persona, instruction])],
    ['examples', joined([instruction, examples])],
    ['keywords', joined([instruction, keywords])],
    ['furnished', joined([persona, instruction, examples, keywords])],
  ];
  const found = variants
    .filter(([, text]) => text !== instruction)
    .flatMap(([operator, text]) => {
      const prompt = withComponent(base.prompt, component, text);
      return book.add({ prompt, parents: [base.id], operator }) ?? [];
    });
  return found.filter(({ id }, index) => found.findIndex((each) => each.id === id) === index);
}

function* writePersona(context: SearchContext<PromptWizardOptions>, instruction: string): Steps<string | null> {
  const material = { taskDescription: context.task.description, currentPrompt: instruction };
  const [reply] = yield* askTeacher(context, [{ operator: 'write-persona', material, count: 1 }]);
  return reply?.texts[0] ?? null;
}

function* writeKeywords(context: SearchContext<PromptWizardOptions>, instruction: string): Steps<string | null> {
  const material = { taskDescription: context.task.description, currentPrompt: instruction };
  const [reply] = yield* askTeacher(context, [{ operator: 'write-keywords', material, count: 1 }]);
  const [keywords] = reply?.texts ?? [];
  return keywords === undefined ? null : `Keywords: ${keywords}`;
}

function* writeExamples(
  context: SearchContext<PromptWizardOptions>,
  base: Candidate,
  instruction: string,
  failing: readonly string[],
): Steps<string | null> {
  const { options, task } = context;
  const material = {
    taskDescription: task.description,
    currentPrompt: instruction,
    rows: shownRows(context, base.id, failing.slice(0, options.seenSetSize)),
  };
  const [made] = yield* askTeacher(context, [
    { operator: 'synthesise-examples', material, count: options.fewShotCount },
  ]);
  const examples = (made?.examples ?? []).slice(0, options.fewShotCount);
  if (examples.length === 0) return null;
  const explained = options.generateReasoning ? yield* explain(context, examples) : examples;
  const inputs = task.rows.map(({ input }) => input);
  const text = generalLines('', explained.map(rendered).join('\n'), inputs);
  return text.trim() === '' ? null : `Examples:\n${text}`;
}

/** Examples with fresh reasoning, where the teacher repeats input and answer as they are; else as they were. */
function* explain(
  context: SearchContext<PromptWizardOptions>,
  examples: readonly TeacherExample[],
): Steps<readonly TeacherExample[]> {
  const bare = examples.map(({ input, answer }) => ({ input, answer }));
  const material = { taskDescription: context.task.description, examples: bare };
  const [reply] = yield* askTeacher(context, [{ operator: 'explain-examples', material, count: examples.length }]);
  return examples.map((example) => {
    const same = reply?.examples.find(({ input, answer }) => input === example.input && answer === example.answer);
    return same === undefined || same.reasoning === '' ? example : same;
  });
}

function rendered({ input, answer, reasoning }: TeacherExample): string {
  const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
  const steps = reasoning === '' ? '' : ` Reasoning: ${oneLine(reasoning)}`;
  return `- Input: ${oneLine(input)}${steps} Answer: ${oneLine(answer)}`;
}
