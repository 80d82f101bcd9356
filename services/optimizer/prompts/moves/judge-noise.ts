import type { CandidateBook } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';

/** How often the same answer of the same prompt to the same row is scored differently. */
export interface JudgeNoise {
  /** Second scores of one row that were looked at. */
  readonly repeats: number;
  /** Chance that one score of 0 or 1 is the other one: f with 2 f (1 - f) = share of repeats that differ. */
  readonly flipRate: number;
}

/** Rows of the seed that are scored twice at the start: at 15 % flips 12 repeats miss the noise once in 34 searches. */
const PROBE_ROWS = 12;
/** Scores apart by more than this are different verdicts. */
const DIFFERENT = 1e-6;

/** What the repeats of all candidates say so far. Flip rate 0 without a repeat. */
export function judgeNoise(book: CandidateBook, rowIds: readonly string[]): JudgeNoise {
  let repeats = 0;
  let differing = 0;
  for (const { id } of book.list()) {
    for (const rowId of rowIds) {
      const [first, second] = [book.outcome(id, rowId, 0), book.outcome(id, rowId, 1)];
      if (first === undefined || second === undefined) continue;
      repeats += 1;
      if (Math.abs(first.score - second.score) > DIFFERENT) differing += 1;
    }
  }
  const share = repeats === 0 ? 0 : Math.min(0.48, differing / repeats);
  return { repeats, flipRate: (1 - Math.sqrt(1 - 2 * share)) / 2 };
}

/** Scores some rows of the seed a second time, so that the search knows whether a score can be trusted. */
export function* probeNoise(context: SearchContext<unknown>, rowIds: readonly string[]): Steps<JudgeNoise> {
  const probed = rowIds.slice(0, PROBE_ROWS);
  for (const sample of [0, 1]) {
    const ask = { candidateId: context.book.seed.id, rowIds: probed, purpose: 'minibatch' as const, sample };
    if (context.costOf([ask]) <= context.left().taskCalls) yield* context.evaluate([ask]);
  }
  return judgeNoise(context.book, rowIds);
}
