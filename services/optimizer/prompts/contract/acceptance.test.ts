import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { betaAboveHalf, comparePaired, race } from './acceptance.ts';
import { createCandidateBook } from './candidate-book.ts';
import { createRandomStream } from './random-stream.ts';
import { createSearchContext } from './search-context.ts';

const ROWS = Array.from({ length: 12 }, (_, index) => `r${index}`);
const scored = (score: number) => ({ status: 'scored', score, output: '', reason: '', failed: [] }) as const;

function open() {
  const task = {
    ...{ description: '', seed: { prefix: 'old' }, rows: [], lengthMax: 100, lengthCost: 0, refusal: () => null },
    splits: { propose: [], select: ROWS, report: [] },
  };
  const book = createCandidateBook(task);
  const child = book.add({ prompt: { prefix: 'new' }, parents: [book.seed.id], operator: 'test' })!;
  const context = createSearchContext({
    ...{ task, options: {}, book, left: () => ({ taskCalls: 100, teacherCalls: 0 }) },
    random: (purpose) => createRandomStream(1, purpose),
  });
  return { book, child, context };
}

/** Runs a race whose challenger and incumbent score as told; how many rows it asked for, and how it went. */
function runRace(challenger: (index: number) => number, incumbent: (index: number) => number) {
  const { book, child, context } = open();
  const steps = race(context, child.id, book.seed.id, ROWS, {
    ...{ purpose: 'minibatch', looks: [3, 6, 12], acceptAt: 0.9, rejectAt: 0.1 },
  });
  let asked = 0;
  let next = steps.next();
  while (next.done !== true) {
    const outcomes = next.value.map((request) => {
      if (request.kind !== 'evaluate') throw new Error('a race asks no teacher');
      asked += request.rowIds.length;
      const score = request.prompt['prefix'] === 'new' ? challenger : incumbent;
      return { kind: 'evaluate' as const, rows: request.rowIds.map((id) => scored(score(Number(id.slice(1))))) };
    });
    next = steps.next(outcomes);
  }
  return { accepted: next.value.accepted, asked };
}

describe('the chance of being better', () => {
  it('is that of the beta distribution', () => {
    expect(betaAboveHalf(1, 1)).toBeCloseTo(0.5, 12);
    // P(X > 1/2) for Beta(a, 1) is 1 - 2^-a.
    expect(betaAboveHalf(4, 1)).toBeCloseTo(1 - 2 ** -4, 12);
    expect(betaAboveHalf(3, 2)).toBeCloseTo(0.6875, 12);
    expect(betaAboveHalf(20, 5)).toBeCloseTo(0.9992278, 6);
  });

  it('is turned round when the two are', () => {
    const count = fc.double({ min: 1, max: 60, noNaN: true });
    fc.assert(
      fc.property(count, count, (won, lost) => {
        expect(betaAboveHalf(won, lost) + betaAboveHalf(lost, won)).toBeCloseTo(1, 9);
        expect(betaAboveHalf(won + 1, lost)).toBeGreaterThanOrEqual(betaAboveHalf(won, lost) - 1e-12);
      }),
      PROPERTY,
    );
  });

  it('counts only rows that both have scores for', () => {
    const { book, child, context } = open();
    book.record(book.seed.id, 'r0', 0, scored(0));
    book.record(child.id, 'r0', 0, scored(1));
    book.record(child.id, 'r1', 0, scored(1));
    const evidence = comparePaired(context, child.id, book.seed.id, ROWS);
    expect(evidence).toMatchObject({ rows: 1, difference: 1 });
    expect(evidence.probabilityBetter).toBeCloseTo(0.75, 9);
  });
});

describe('a race', () => {
  it('ends on few rows where the case is clear, and on many where it is not', () => {
    expect(
      runRace(
        () => 1,
        () => 0,
      ),
    ).toEqual({ accepted: true, asked: 6 });
    expect(
      runRace(
        () => 0,
        () => 1,
      ),
    ).toEqual({ accepted: false, asked: 6 });
    expect(
      runRace(
        (index) => index % 2,
        (index) => (index + 1) % 2,
      ),
    ).toEqual({ accepted: false, asked: 24 });
  });

  it('does not take an equal for better', () => {
    expect(
      runRace(
        () => 1,
        () => 1,
      ).accepted,
    ).toBe(false);
  });
});
