import { describe, expect, it } from 'vitest';
import type { CandidateBook } from '../contract/candidate-book.ts';
import { readFencedData } from '../teacher/fence-data.ts';
import { dropHarmfulLine } from './drop-harmful-line.ts';
import { findFailures, unseenRows } from './find-failures.ts';
import { generalLines } from './general-lines.ts';
import { judgeNoise, probeNoise } from './judge-noise.ts';
import { rewriteFromRows } from './rewrite-from-rows.ts';
import { settleBest } from './settle-best.ts';
import { shownRows } from './shown-rows.ts';
import { runMove, smallTask } from './testing/run-move.ts';

const rowsAsked = (requests: readonly { kind: string }[]) =>
  requests.flatMap((request) => ('rowIds' in request ? (request.rowIds as string[]) : []));

function added(book: CandidateBook, text: string) {
  const candidate = book.add({ prompt: { prefix: text }, parents: [book.seed.id], operator: 'test' });
  if (candidate === null) throw new Error('refused');
  return candidate;
}

describe('the noise of the judge', () => {
  it('is nothing when all repeats agree, and f with 2 f (1 - f) = 1/4 when a quarter of them differs', () => {
    const flips = (share: number) =>
      runMove(smallTask(undefined, 12), (context) => probeNoise(context, context.task.splits.propose), {
        score: (_text, rowId, sample) => ({ score: sample === 1 && Number(rowId.slice(1)) < 12 * share ? 1 : 0 }),
      });
    expect(flips(0).result).toEqual({ repeats: 12, flipRate: 0 });
    expect(flips(0.25).result.flipRate).toBeCloseTo(0.14645, 5);
    expect(rowsAsked(flips(0).requests)).toHaveLength(24);
  });

  it('is not known where nothing was repeated', () => {
    const { result } = runMove(smallTask(), function* (context) {
      yield* context.evaluate([{ candidateId: context.book.seed.id, rowIds: ['p0'], purpose: 'minibatch' }]);
      return judgeNoise(context.book, ['p0']);
    });
    expect(result).toEqual({ repeats: 0, flipRate: 0 });
  });
});

describe('settling the best', () => {
  /** Lucky is right everywhere once and then half the time; steady is right five times of six, always. */
  const score = (text: string, rowId: string, sample: number) => {
    const row = Number(rowId.slice(1));
    if (text === 'lucky') return { score: sample === 0 || (row + sample) % 2 === 0 ? 1 : 0 };
    return { score: text === 'steady' && row !== 5 ? 1 : 0 };
  };

  function settle(taskCalls: number, noisy: boolean) {
    return runMove(
      smallTask(),
      function* (context) {
        const { book, task } = context;
        const ids = [added(book, 'lucky').id, added(book, 'steady').id, book.seed.id];
        yield* context.evaluate(
          ids.map((candidateId) => ({ candidateId, rowIds: task.splits.select, purpose: 'select' as const })),
        );
        if (noisy) {
          yield* context.evaluate([{ candidateId: ids[0] ?? '', rowIds: ['s0'], purpose: 'minibatch', sample: 1 }]);
        }
        const before = book.best().prompt['prefix'];
        yield* settleBest(context);
        return { before, after: book.best().prompt['prefix'] };
      },
      { score, taskCalls },
    );
  }

  it('takes the first place from a candidate that was lucky once', () => {
    const { result } = settle(200, true);
    expect(result).toEqual({ before: 'lucky', after: 'steady' });
  });

  it('spends nothing where scores are exact, and no more than it may where they are not', () => {
    expect(rowsAsked(settle(200, false).requests)).toHaveLength(18);
    expect(rowsAsked(settle(18 + 1 + 11, true).requests)).toHaveLength(18 + 1 + 6);
  });
});

describe('finding failures', () => {
  const failing = (rowIds: readonly string[]) => (_text: string, rowId: string) => ({
    score: rowIds.includes(rowId) ? 0 : 1,
  });
  const options = { wanted: 2, perfectScore: 1, noisy: false };

  it('looks no further once it has as many as it wants', () => {
    const { result, requests } = runMove(
      smallTask(),
      (context) => findFailures(context, context.book.seed.id, context.task.splits.propose, options),
      { score: failing(['p0', 'p1', 'p5']) },
    );
    expect(result).toEqual(['p0', 'p1']);
    expect(rowsAsked(requests)).toEqual(['p0', 'p1']);
  });

  it('pays for no row twice, and begins with failures that it knows', () => {
    const { result, requests } = runMove(
      smallTask(),
      function* (context) {
        const { seed } = context.book;
        yield* findFailures(context, seed.id, ['p4', 'p5'], options);
        return yield* findFailures(context, seed.id, context.task.splits.propose, options);
      },
      { score: failing(['p5', 'p3']) },
    );
    expect(result).toEqual(['p5', 'p3']);
    expect(rowsAsked(requests).toSorted()).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5']);
  });

  it('scores a failure a second time where scores are noisy, and drops it when it does not come again', () => {
    const { result } = runMove(
      smallTask(),
      (context) =>
        findFailures(context, context.book.seed.id, context.task.splits.propose, {
          ...options,
          wanted: 6,
          noisy: true,
        }),
      { score: (_text, rowId, sample) => ({ score: rowId === 'p2' || (rowId === 'p3' && sample === 0) ? 0 : 1 }) },
    );
    expect(result).toEqual(['p2']);
  });

  it('tests a child on rows that its teacher has not seen, unless there are too few', () => {
    const { result } = runMove(smallTask(), function* (context) {
      const { seed } = context.book;
      yield* findFailures(context, seed.id, ['p5'], options);
      const limits = { least: 2, perfectScore: 1 };
      return [
        unseenRows(context, seed.id, ['p0', 'p1', 'p4', 'p5'], ['p1'], limits),
        unseenRows(context, seed.id, ['p0', 'p1'], ['p1'], limits),
      ];
    });
    expect(result).toEqual([
      ['p5', 'p0', 'p4'],
      ['p0', 'p1'],
    ]);
  });
});

describe('a text that its rows have led to', () => {
  it('keeps no new line with an identifier of a single row', () => {
    const inputs = ['Order A-1017 in src/app2.ts is late', 'Order B-2044 in src/app2.ts is late'];
    const text = 'Be exact.\nFor order a-1017 answer 3.\nIn src/app2.ts look twice.\nAnswer in 100 words.';
    expect(generalLines('Be exact.', text, inputs)).toBe('Be exact.\nIn src/app2.ts look twice.\nAnswer in 100 words.');
    expect(generalLines('For order a-1017 answer 3.', text, inputs)).toContain('a-1017');
  });

  it('is shown to the teacher once for every reason, and never more often than is allowed', () => {
    const rewrite = (depth: number) =>
      runMove(
        smallTask(),
        function* (context) {
          const { seed } = context.book;
          yield* context.evaluate([{ candidateId: seed.id, rowIds: ['p0', 'p1', 'p2'], purpose: 'minibatch' }]);
          const options = { operator: 'reflect' as const, component: 'prefix', rowIds: ['p0', 'p1', 'p2'], depth };
          return yield* rewriteFromRows(context, seed, options);
        },
        {
          score: (_text, rowId) => ({ score: 0, reason: rowId === 'p0' ? 'no unit' : 'no sum' }),
          teach: ({ user, operator }) =>
            JSON.stringify({ prompts: [`${readFencedData(user, 'current_prompt')}\n${operator}`] }),
        },
      );
    expect(rewrite(5).result?.prompt).toEqual({ prefix: 'Answer.\nreflect\ncomplete' });
    expect(rewrite(1).result?.prompt).toEqual({ prefix: 'Answer.\nreflect' });
  });

  it('shows every different reason of the samples that scored lowest, with the mean of all samples', () => {
    const { result } = runMove(
      smallTask(),
      function* (context) {
        const candidateId = context.book.seed.id;
        for (const sample of [0, 1, 2]) {
          yield* context.evaluate([{ candidateId, rowIds: ['p0'], purpose: 'minibatch', sample }]);
        }
        return shownRows(context, candidateId, ['p0', 'p1']);
      },
      { score: (_text, _row, sample) => ({ score: sample === 2 ? 1 : 0.25, reason: `reason ${sample}` }) },
    );
    expect(result).toEqual([{ input: 'question p0', answer: 'Answer.', score: 0.5, reason: 'reason 0\nreason 1' }]);
  });
});

describe('leaving out lines', () => {
  const prompt = 'one\ntrap\nthree';
  const drop = (score: (text: string) => number, failing: readonly string[] = ['p0', 'p1']) =>
    runMove(
      smallTask({ prefix: prompt }),
      (context) => dropHarmfulLine(context, context.book.seed, 'prefix', failing),
      { score: (text) => ({ score: score(text) }) },
    ).result?.prompt;

  it('finds the line whose loss repairs the failing rows', () => {
    expect(drop((text) => (text.includes('trap') ? 0 : 1))).toEqual({ prefix: 'one\nthree' });
  });

  it('asks for nothing when the calls that are left do not reach for all lines', () => {
    const { result, requests } = runMove(
      smallTask({ prefix: prompt }),
      (context) => dropHarmfulLine(context, context.book.seed, 'prefix', ['p0', 'p1']),
      { score: () => ({ score: 1 }), taskCalls: 5 },
    );
    expect(result).toBeNull();
    expect(requests).toEqual([]);
  });

  it('takes nothing out that repairs too little, or when nothing fails', () => {
    expect(drop((text) => (text.includes('trap') ? 0 : 0.5))).toBeUndefined();
    expect(drop(() => 1, [])).toBeUndefined();
  });
});
