import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { askTeacher, type TeacherQuestion } from '../moves/ask-teacher.ts';
import { withComponent } from '../moves/component-text.ts';
import type { PromptWizardOptions } from './prompt-wizard-options.ts';
import { THINKING_STYLES } from './thinking-styles.ts';

/** Variations of a prompt under thinking styles: `mutationRounds` questions for `styleVariation` texts each. */
export function* mutate(
  context: SearchContext<PromptWizardOptions>,
  base: Candidate,
  component: string,
): Steps<readonly Candidate[]> {
  const { mutationRounds, styleVariation } = context.options;
  const random = context.random('styles');
  const questions = Array.from(
    { length: mutationRounds },
    (_, draw): TeacherQuestion => ({
      operator: 'mutate',
      material: {
        taskDescription: context.task.description,
        currentPrompt: base.prompt[component] ?? '',
        thinkingStyles: random.sample(THINKING_STYLES, styleVariation),
      },
      count: styleVariation,
      draw,
    }),
  );
  const replies = yield* askTeacher(context, questions);
  const texts = replies.flatMap((reply) => (reply?.texts ?? []).slice(0, styleVariation));
  const mutants = texts.flatMap((text) => {
    const prompt = withComponent(base.prompt, component, text);
    return context.book.add({ prompt, parents: [base.id], operator: 'mutate' }) ?? [];
  });
  return mutants.filter(({ id }, index) => id !== base.id && mutants.findIndex((each) => each.id === id) === index);
}
