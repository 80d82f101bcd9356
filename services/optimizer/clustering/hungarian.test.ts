import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignMaximumWeight } from './hungarian.ts';

/** Every way to give rows columns of their own, tried one by one. */
function greatestSum(weights: readonly (readonly number[])[], row = 0, taken: ReadonlySet<number> = new Set()): number {
  const own = weights[row];
  if (own === undefined) return 0;
  const without = greatestSum(weights, row + 1, taken);
  const withOne = own.map((weight, column) =>
    taken.has(column) ? 0 : weight + greatestSum(weights, row + 1, new Set([...taken, column])),
  );
  return Math.max(without, ...withOne);
}

const matrices = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([rows, columns]) =>
  fc.array(fc.array(fc.nat({ max: 50 }), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  }),
);

describe('assignment by weight', () => {
  it('finds the greatest sum that trying everything finds, and uses each column once', () => {
    fc.assert(
      fc.property(matrices, (weights) => {
        const columns = assignMaximumWeight(weights);
        const used = columns.filter((column) => column >= 0);
        expect(new Set(used).size).toBe(used.length);
        const sum = columns.reduce((total, column, row) => total + (column < 0 ? 0 : weights[row]![column]!), 0);
        expect(sum).toBe(greatestSum(weights));
      }),
      { numRuns: 200 },
    );
  });

  it('leaves rows without a column when there is nothing to gain, and takes an empty matrix', () => {
    expect(
      assignMaximumWeight([
        [0, 3],
        [0, 2],
      ]),
    ).toEqual([1, -1]);
    expect(assignMaximumWeight([])).toEqual([]);
    expect(assignMaximumWeight([[], []])).toEqual([-1, -1]);
  });
});
