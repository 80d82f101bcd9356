import type { SearchContext, Steps } from '../contract/search-context.ts';
import { probeNoise } from './judge-noise.ts';
import { scoreFully } from './score-fully.ts';

/** What a search knows before its first step. */
export interface OpenedSearch {
  /** Whether repeats of one score differ. */
  readonly noisy: boolean;
  /** Task calls kept for settling the best in the end; none where scores are exact. */
  readonly reserve: number;
}

/** Scores the seed in full and tries how far scores can be trusted. Null when the budget does not reach for the seed. */
export function* openSearch(context: SearchContext<unknown>, settleShare: number): Steps<OpenedSearch | null> {
  if (!(yield* scoreFully(context, [context.book.seed.id]))) return null;
  const { flipRate } = yield* probeNoise(context, context.task.splits.propose);
  const noisy = flipRate > 0;
  return { noisy, reserve: noisy ? Math.floor(settleShare * context.left().taskCalls) : 0 };
}
