import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { TeacherMaterial } from '../teacher/teacher-ask.ts';
import type { TeacherOperator } from '../teacher/teacher-operators.ts';
import { askForTexts } from './ask-teacher.ts';
import { withComponent } from './component-text.ts';
import { generalLines } from './general-lines.ts';
import { shownRows } from './shown-rows.ts';

export interface RewriteOptions {
  readonly operator: TeacherOperator;
  readonly component: string;
  /** Rows whose answers the teacher is shown. */
  readonly rowIds: readonly string[];
  /** Rewrites of one draft at most. */
  readonly depth: number;
  /** What is shown beside task, text and rows. */
  readonly material?: TeacherMaterial;
}

/**
 * A new text from a candidate's rows, shown to the teacher again until every reason had its turn: one reply often takes
 * up one of several reasons, and a row that needs two of them shows no gain from the first. Null when nothing new came.
 */
export function* rewriteFromRows(
  context: SearchContext<unknown>,
  current: Candidate,
  { operator, component, rowIds, depth, material = {} }: RewriteOptions,
): Steps<Candidate | null> {
  const { task, book } = context;
  const rows = shownRows(context, current.id, rowIds);
  const inputs = task.rows.map(({ input }) => input);
  const reasons = new Set(rows.flatMap(({ reason }) => reason.split('\n')));
  const asWritten = current.prompt[component] ?? '';
  let draft = asWritten;
  for (let turn = 0; turn < Math.min(depth, Math.max(1, reasons.size)); turn += 1) {
    const shown = { taskDescription: task.description, ...material, currentPrompt: draft, rows };
    const question = { operator: turn === 0 ? operator : ('complete' as const), material: shown, count: 1, draw: turn };
    const [written] = yield* askForTexts(context, question);
    if (written === undefined) break;
    const text = generalLines(draft, written, inputs);
    if (text.trim() !== '' && text.length <= task.lengthMax) draft = text;
  }
  if (draft === asWritten) return null;
  return book.add({ prompt: withComponent(current.prompt, component, draft), parents: [current.id], operator });
}
