import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { askTeacher } from '../moves/ask-teacher.ts';
import { withComponent } from '../moves/component-text.ts';
import { generalLines } from '../moves/general-lines.ts';
import { shownRows } from '../moves/shown-rows.ts';
import type { PromptWizardOptions } from './prompt-wizard-options.ts';

/**
 * Critique and refinement: a prompt that mostly works is criticised for what makes it work, another for what it lacks,
 * both on rows with answers and reasons; the refinements take up the critiques one after the other. Null when nothing
 * new came of it.
 */
export function* refine(
  context: SearchContext<PromptWizardOptions>,
  base: Candidate,
  component: string,
  rowIds: readonly string[],
  mostlyWorks: boolean,
): Steps<Candidate | null> {
  const { task, options, book } = context;
  const rows = shownRows(context, base.id, rowIds);
  const inputs = task.rows.map(({ input }) => input);
  const asWritten = base.prompt[component] ?? '';
  const operator = mostlyWorks ? ('critique-successes' as const) : ('critique-failures' as const);
  const shown = { taskDescription: task.description, rows };
  const [reply] = yield* askTeacher(context, [
    { operator, material: { ...shown, currentPrompt: asWritten }, count: options.critiquesPerRefinement },
  ]);
  const critiques = (reply?.texts ?? []).slice(0, options.critiquesPerRefinement);
  let text = asWritten;
  for (const critique of critiques) {
    const material = { ...shown, currentPrompt: text, critique };
    const [refined] = yield* askTeacher(context, [{ operator: 'refine', material, count: 1 }]);
    const [written] = refined?.texts ?? [];
    const general = written === undefined ? text : generalLines(text, written, inputs);
    if (general.trim() !== '' && general.length <= task.lengthMax) text = general;
  }
  if (text === asWritten) return null;
  const prompt = withComponent(base.prompt, component, text);
  return book.add({ prompt, parents: [base.id], operator: 'refine', note: critiques.join('\n') });
}
