import type { SearchContext } from '../contract/search-context.ts';
import type { TeacherRow } from '../teacher/teacher-ask.ts';

/** Scores from here on are nothing to learn from. */
export const PERFECT_SCORE = 1;
/** Scores below this are errors to learn from, as published. */
export const ERROR_SCORE = 0.5;

/**
 * Rows as a teacher sees them, with a candidate's answers: the mean score of all samples, the answer that scored lowest,
 * and every different reason of the samples that scored like it. Rows without a score are left out.
 */
export function shownRows(
  context: Pick<SearchContext<unknown>, 'row' | 'book'>,
  candidateId: string,
  rowIds: readonly string[],
): TeacherRow[] {
  return rowIds.flatMap((rowId) => {
    const answers = context.book.answers(candidateId, rowId);
    const score = context.book.rowScore(candidateId, rowId);
    if (score === null) return [];
    const lowest = Math.min(...answers.map((answer) => answer.score));
    const worst = answers.filter((answer) => answer.score === lowest);
    const reason = [...new Set(worst.map((answer) => answer.reason))].join('\n');
    return [{ input: context.row(rowId).input, answer: worst[0]?.output ?? '', score, reason }];
  });
}
