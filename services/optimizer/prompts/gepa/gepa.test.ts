import { describe, expect, it } from 'vitest';
import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { runMove, smallTask } from '../moves/testing/run-move.ts';
import { type GepaOptions, gepaOptionsSchema } from './gepa-options.ts';
import { mergeRows, planMerge, tryMerge } from './merge.ts';
import { archiveOf, selectCandidate } from './select-candidate.ts';

const OPTIONS = gepaOptionsSchema.parse({});

/** Scores a seed and its two descendants on the select split, then does something with them. */
function withTwoLineages<Result>(
  score: (text: string, rowId: string, sample: number) => number,
  move: (context: SearchContext<GepaOptions>, lineages: { first: Candidate; second: Candidate }) => Steps<Result>,
  options: Partial<GepaOptions> = {},
) {
  return runMove<Result, GepaOptions>(
    smallTask({ prefix: 'base' }),
    function* (context) {
      const { book, task } = context;
      const child = (text: string) => book.add({ prompt: { prefix: text }, parents: [book.seed.id], operator: 'test' });
      const [first, second] = [child('base\nleft'), child('base\nright')];
      if (first === null || second === null) throw new Error('refused');
      const rowIds = task.splits.select;
      const all = [book.seed, first, second];
      yield* context.evaluate(all.map(({ id }) => ({ candidateId: id, rowIds, purpose: 'select' as const })));
      return yield* move(context, { first, second });
    },
    { score: (text, rowId, sample) => ({ score: score(text, rowId, sample) }) },
    { ...OPTIONS, ...options },
  );
}

/** Left is right on s0 and s1, right on s2 and s3, both of them together on all four. */
const halves = (text: string, rowId: string) => {
  const row = Number(rowId.slice(1));
  return (text.includes('left') && row < 2) || (text.includes('right') && row >= 2 && row < 4) ? 1 : 0;
};

// biome-ignore lint/correctness/useYield: it asks for nothing.
function* now<Result>(result: Result): Steps<Result> {
  return result;
}

describe('a merge', () => {
  it('joins the lines of two lineages that are good at different rows', () => {
    const { result } = withTwoLineages(halves, (context, { first, second }) =>
      now({ plan: planMerge(context, new Set()), first, second }),
    );
    expect(result.plan?.prompt).toEqual({ prefix: 'base\nright\nleft' });
    expect([result.plan?.first.id, result.plan?.second.id]).toEqual([result.first.id, result.second.id]);
  });

  it('looks at rows where the first leads, where the second leads, and where they tie', () => {
    const { result } = withTwoLineages(halves, (context) => {
      const plan = planMerge(context, new Set());
      return now(plan === null ? null : mergeRows(context, plan));
    });
    const rows = result ?? [];
    const lead = (row: string) => halves('left', row) - halves('right', row);
    expect(new Set(rows).size).toBe(5);
    for (const side of [1, -1]) expect(rows.filter((row) => lead(row) === side)).toHaveLength(2);
    expect(rows.filter((row) => lead(row) === 0)).toHaveLength(1);
  });

  it('is accepted when it is as good as the better of the two, and tried once', () => {
    const { result } = withTwoLineages(halves, function* (context) {
      const tried = new Set<string>();
      return [yield* tryMerge(context, tried), yield* tryMerge(context, tried)] as const;
    });
    expect(result[0]?.accepted?.prompt).toEqual({ prefix: 'base\nright\nleft' });
    expect(result[1]).toBeNull();
  });

  it('is not accepted when together they are worse', () => {
    const clash = (text: string, rowId: string) =>
      text.includes('left') && text.includes('right') ? 0 : halves(text, rowId);
    const { result } = withTwoLineages(clash, (context) => tryMerge(context, new Set()));
    expect(result).toEqual({ accepted: null });
  });

  it('is not planned with an ancestor that is better than one of the two', () => {
    const worse = (text: string, rowId: string) => (text === 'base' ? 0.9 : halves(text, rowId));
    const { result } = withTwoLineages(worse, (context) => now(planMerge(context, new Set())));
    expect(result).toBeNull();
  });
});

describe('the choice of a parent', () => {
  it('draws from the fronts of single rows, so that specialists live on', () => {
    const { result } = withTwoLineages(halves, (context, { first, second }) => {
      const drawn = new Set(Array.from({ length: 40 }, () => selectCandidate(context, new Set())?.id));
      return now([drawn.has(first.id), drawn.has(second.id)]);
    });
    expect(result).toEqual([true, true]);
  });

  it('takes the best when told so, and the next when that is excluded', () => {
    const better = (text: string, rowId: string) => (text.includes('left') ? 1 : halves(text, rowId));
    const { result } = withTwoLineages(
      better,
      (context, { first, second }) =>
        now([
          selectCandidate(context, new Set())?.id === first.id,
          selectCandidate(context, new Set([first.id]))?.id === second.id,
        ]),
      { candidateSelectionStrategy: 'current_best' },
    );
    expect(result).toEqual([true, true]);
  });

  it('reads a score for what a noisy judge makes it worth', () => {
    // Six repeats of which three differ: share 1/2, taken as 0.48, so that the judge flips 40 % of its verdicts.
    const noisy = (text: string, rowId: string, sample: number) =>
      sample === 1 ? (Number(rowId.slice(1)) < 3 ? 1 : 0) : text.includes('left') && rowId !== 's0' ? 1 : 0;
    const { result } = withTwoLineages(noisy, function* (context, { first }) {
      const ask = {
        candidateId: context.book.seed.id,
        rowIds: context.task.splits.propose,
        purpose: 'minibatch' as const,
      };
      yield* context.evaluate([ask]);
      yield* context.evaluate([{ ...ask, sample: 1 }]);
      return archiveOf(context).find(({ id }) => id === first.index)?.scores;
    });
    // Mean 5/6 with flips of f = 0.4 is a prior of (5/6 - f) / (1 - 2 f), held at 0.95; a failure divides its odds by
    // (1 - f) / f = 1.5, a success multiplies them: 19 / 1.5 = 12.67 and 28.5.
    expect(result?.get('s0')).toBeCloseTo(12.667 / 13.667, 3);
    expect(result?.get('s1')).toBeCloseTo(28.5 / 29.5, 3);
  });
});
