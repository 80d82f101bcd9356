import type { SearchContext, Steps } from '../contract/search-context.ts';
import { ERROR_SCORE } from '../moves/shown-rows.ts';
import type { GepaOptions } from './gepa-options.ts';

/** A minibatch for one candidate: rows that failed first, then the others that were looked at on the way. */
export interface Minibatch {
  readonly failing: readonly string[];
  readonly passing: readonly string[];
}

/**
 * Rows of the propose split on which a candidate fails, until a minibatch of them is found or so many were looked at.
 * Scores that are known cost nothing. Where scores are noisy, a failure is scored a second time before anybody reflects
 * on it, because what a good prompt gets wrong is mostly the judge.
 */
export function* findFailures(
  context: SearchContext<GepaOptions>,
  candidateId: string,
  rowIds: readonly string[],
  noisy: boolean,
  wanted = context.options.reflectionMinibatchSize,
): Steps<Minibatch> {
  const { options } = context;
  const looked: string[] = [];
  const isPerfect = (rowId: string) => (context.book.rowScore(candidateId, rowId) ?? 0) >= options.perfectScore;
  const limit = noisy ? ERROR_SCORE * options.perfectScore : options.perfectScore;
  const failing = () => looked.filter((rowId) => (context.book.rowScore(candidateId, rowId) ?? limit) < limit);
  const rows = knownFailuresFirst(context, candidateId, rowIds);
  for (let from = 0; from < rows.length && failing().length < wanted; from += wanted) {
    const piece = rows.slice(from, from + wanted);
    if (!(yield* score(context, candidateId, piece, 0))) break;
    looked.push(...piece);
    if (!noisy) continue;
    if (
      !(yield* score(
        context,
        candidateId,
        piece.filter((rowId) => !isPerfect(rowId)),
        1,
      ))
    )
      break;
  }
  const found = failing().slice(0, wanted);
  return { failing: found, passing: looked.filter((rowId) => !found.includes(rowId)) };
}

/** False when the budget does not reach. */
export function* score(
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

/** Known failures, then rows without a score, then the rest; each in the order given. */
function knownFailuresFirst(context: SearchContext<GepaOptions>, id: string, rowIds: readonly string[]): string[] {
  const rank = (rowId: string) => {
    const known = context.book.rowScore(id, rowId);
    return known === null ? 1 : known < context.options.perfectScore ? 0 : 2;
  };
  return [...rowIds].sort((a, b) => rank(a) - rank(b));
}
