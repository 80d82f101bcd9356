import type { SearchContext, Steps } from '../contract/search-context.ts';

/** Scores the whole select split with candidates, in one batch; false when the budget does not reach for all of them. */
export function* scoreFully(context: SearchContext<unknown>, candidateIds: readonly string[]): Steps<boolean> {
  const rowIds = context.task.splits.select;
  const asks = candidateIds.map((candidateId) => ({ candidateId, rowIds, purpose: 'select' as const }));
  if (context.costOf(asks) > context.left().taskCalls) return false;
  yield* context.evaluate(asks);
  return true;
}
