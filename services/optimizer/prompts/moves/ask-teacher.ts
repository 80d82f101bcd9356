import type { SearchContext, Steps, TeachAsk } from '../contract/search-context.ts';
import { parseTeacherReply, type TeacherReply } from '../teacher/parse-teacher-reply.ts';
import { type TeacherMaterial, teacherAsk } from '../teacher/teacher-ask.ts';
import type { TeacherOperator } from '../teacher/teacher-operators.ts';

export interface TeacherQuestion {
  readonly operator: TeacherOperator;
  readonly material: TeacherMaterial;
  /** Texts or examples wanted. */
  readonly count: number;
  /** Further numbers ask the same question for another answer; 0 when absent. */
  readonly draw?: number;
}

/** Replies in the order of the questions; null for one that failed, was refused, or held nothing of the kind. */
export function* askTeacher(
  context: Pick<SearchContext<unknown>, 'task' | 'teach' | 'left'>,
  questions: readonly TeacherQuestion[],
): Steps<readonly (TeacherReply | null)[]> {
  const affordable = questions.slice(0, Math.max(0, context.left().teacherCalls));
  const asks = affordable.map((question) => toAsk(context.task.lengthMax, question));
  const answers = asks.length === 0 ? [] : yield* context.teach(asks);
  return questions.map((_, index) => {
    const [ask, answer] = [asks[index], answers[index]];
    if (ask === undefined || answer?.status !== 'answered') return null;
    return parseTeacherReply(ask.schemaName, answer.text);
  });
}

/** The texts of one question; none when there was no reply. At most `count`, however many the teacher wrote. */
export function* askForTexts(
  context: Pick<SearchContext<unknown>, 'task' | 'teach' | 'left'>,
  question: TeacherQuestion,
): Steps<readonly string[]> {
  const [reply] = yield* askTeacher(context, [question]);
  return (reply?.texts ?? []).slice(0, question.count);
}

function toAsk(lengthMax: number, { operator, material, count, draw = 0 }: TeacherQuestion) {
  return { ...teacherAsk(operator, material, { count, lengthMax }), draw } satisfies TeachAsk;
}
