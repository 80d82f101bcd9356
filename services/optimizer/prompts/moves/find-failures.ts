import type { SearchContext, Steps } from '../contract/search-context.ts';
import { ERROR_SCORE } from './shown-rows.ts';

export interface FailureOptions {
  /** Failing rows wanted. */
  readonly wanted: number;
  /** Scores from here on are nothing to learn from. */
  readonly perfectScore: number;
  /** Whether repeats of one score differ. */
  readonly noisy: boolean;
}

/**
 * Rows on which a candidate fails, as many as are wanted if there are so many. Scores that are known cost nothing. Where
 * scores are noisy, a failure is scored a second time before anybody is shown it, because what a good prompt gets wrong
 * is mostly the judge.
 */
export function* findFailures(
  context: SearchContext<unknown>,
  candidateId: string,
  rowIds: readonly string[],
  { wanted, perfectScore, noisy }: FailureOptions,
): Steps<readonly string[]> {
  const limit = noisy ? ERROR_SCORE * perfectScore : perfectScore;
  const looked: string[] = [];
  const failing = () => looked.filter((rowId) => (context.book.rowScore(candidateId, rowId) ?? limit) < limit);
  const rows = failuresFirst(context, candidateId, rowIds, perfectScore);
  for (let from = 0; from < rows.length && failing().length < wanted; from += wanted) {
    const piece = rows.slice(from, from + wanted);
    if (!(yield* scoreMinibatch(context, candidateId, piece, 0))) break;
    looked.push(...piece);
    if (
      noisy &&
      !(yield* scoreMinibatch(
        context,
        candidateId,
        failing().filter((rowId) => piece.includes(rowId)),
        1,
      ))
    ) {
      break;
    }
  }
  return failing().slice(0, wanted);
}

/** False when the budget does not reach; then nothing was scored. */
export function* scoreMinibatch(
  context: SearchContext<unknown>,
  candidateId: string,
  rowIds: readonly string[],
  sample: number,
): Steps<boolean> {
  const ask = { candidateId, rowIds, purpose: 'minibatch' as const, sample };
  if (context.costOf([ask]) > context.left().taskCalls) return false;
  yield* context.evaluate([ask]);
  return true;
}

/** Known failures of a candidate, then rows without a score, then the rest; each in the order given. */
export function failuresFirst(
  { book }: Pick<SearchContext<unknown>, 'book'>,
  candidateId: string,
  rowIds: readonly string[],
  perfectScore: number,
): string[] {
  const rank = (rowId: string) => {
    const known = book.rowScore(candidateId, rowId);
    return known === null ? 1 : known < perfectScore ? 0 : 2;
  };
  return [...rowIds].sort((a, b) => rank(a) - rank(b));
}

/**
 * Rows to test a child on, likeliest failures of its parent first: none of those that its teacher has seen, because an
 * answer learned by heart helps on them alone, unless too few others are left.
 */
export function unseenRows(
  context: Pick<SearchContext<unknown>, 'book'>,
  parentId: string,
  rowIds: readonly string[],
  seen: readonly string[],
  limits: { readonly least: number; readonly perfectScore: number },
): readonly string[] {
  const unseen = failuresFirst(
    context,
    parentId,
    rowIds.filter((rowId) => !seen.includes(rowId)),
    limits.perfectScore,
  );
  return unseen.length < limits.least ? [...unseen, ...seen] : unseen;
}
