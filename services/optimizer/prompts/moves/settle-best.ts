import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { judgeNoise } from './judge-noise.ts';

/** Repeats of the whole select split for one candidate. */
const SAMPLES_MAX = 8;
/** Standard errors by which the best must lead before it counts as settled. */
const LEAD = 1;

/**
 * Scores the best candidate and its nearest rival again and again on the select split until one of them leads beyond
 * noise. The highest of many noisy scores belongs to a lucky candidate, and a second score takes the luck away.
 */
export function* settleBest(context: SearchContext<unknown>): Steps<void> {
  const { book, task } = context;
  const rowIds = task.splits.select;
  for (;;) {
    const { flipRate } = judgeNoise(
      book,
      task.rows.map(({ id }) => id),
    );
    if (flipRate === 0) return;
    const errorOf = ({ id }: Candidate) =>
      Math.sqrt((flipRate * (1 - flipRate)) / (rowIds.length * samplesOf(context, id)));
    const best = book.best();
    const value = ({ id }: Candidate) => book.objective(id) ?? 0;
    const rivals = book.list().filter(({ id }) => id !== best.id && book.isFullyScored(id));
    const promise = (candidate: Candidate) => value(candidate) + LEAD * errorOf(candidate);
    const rival = rivals.reduce<Candidate | null>(
      (top, each) => (top === null || promise(each) > promise(top) ? each : top),
      null,
    );
    const open = [best, ...(rival !== null && promise(rival) > value(best) - LEAD * errorOf(best) ? [rival] : [])];
    const [next] = open
      .filter(({ id }) => samplesOf(context, id) < SAMPLES_MAX)
      .sort((a, b) => samplesOf(context, a.id) - samplesOf(context, b.id));
    if (next === undefined || (open.length === 1 && samplesOf(context, best.id) > 1)) return;
    const ask = { candidateId: next.id, rowIds, purpose: 'select' as const, sample: samplesOf(context, next.id) };
    const cost = context.costOf([ask]);
    if (cost === 0 || cost > context.left().taskCalls) return;
    yield* context.evaluate([ask]);
  }
}

/** How often the whole select split was scored with a candidate. */
export function samplesOf(context: Pick<SearchContext<unknown>, 'task' | 'book'>, candidateId: string): number {
  const counts = context.task.splits.select.map((rowId) => context.book.answers(candidateId, rowId).length);
  return Math.max(1, ...counts);
}
