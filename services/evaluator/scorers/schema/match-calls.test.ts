import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from './assign.ts';
import { matchCalls } from './match-calls.ts';

const matrix = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([rows, columns]) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  }),
);

function costOf(costs: readonly (readonly number[])[], columns: readonly (number | null)[]): number {
  return columns.reduce<number>((sum, column, row) => sum + (column === null ? 0 : costs[row]![column]!), 0);
}

/** The least cost over all pairings of as many rows as can have a column. */
function leastCost(costs: readonly (readonly number[])[]): number {
  const columnCount = costs[0]!.length;
  const search = (row: number, used: number, open: number): number => {
    if (row === costs.length) return 0;
    let least = open > 0 ? search(row + 1, used, open - 1) : Number.POSITIVE_INFINITY;
    for (let column = 0; column < columnCount; column += 1) {
      if ((used & (1 << column)) !== 0) continue;
      least = Math.min(least, costs[row]![column]! + search(row + 1, used | (1 << column), open));
    }
    return least;
  };
  return search(0, 0, Math.max(0, costs.length - columnCount));
}

describe('assign', () => {
  it('finds a pairing that costs no more than any other', () => {
    fc.assert(
      fc.property(matrix, (costs) => {
        const columns = assign(costs);
        const taken = columns.filter((column) => column !== null);
        expect(new Set(taken).size).toBe(taken.length);
        expect(taken.length).toBe(Math.min(costs.length, costs[0]!.length));
        expect(costOf(costs, columns)).toBe(leastCost(costs));
      }),
      { numRuns: 300 },
    );
  });

  it('has nothing to give where there are no rows or no columns', () => {
    expect(assign([])).toEqual([]);
    expect(assign([[], []])).toEqual([null, null]);
  });
});

describe('matchCalls', () => {
  const byAccepted = (wanted: readonly string[], made: string) =>
    wanted.includes(made) ? null : { cost: 1, detail: 'other' };

  it('finds the pairing that greedy matching refuses', () => {
    // Taken greedily, the first expected call takes what only the second can have.
    const { pairs, missing, extra } = matchCalls([['a', 'b'], ['a']], ['a', 'b'], byAccepted);
    expect(pairs.map(({ detail }) => detail)).toEqual([null, null]);
    expect([missing, extra]).toEqual([[], []]);
  });

  it('tells what is missing and what is too much', () => {
    expect(matchCalls([['a'], ['b']], ['b'], byAccepted)).toMatchObject({ missing: [['a']], extra: [] });
    expect(matchCalls([['a']], ['c', 'a'], byAccepted)).toMatchObject({ missing: [], extra: ['c'] });
    expect(matchCalls([], [], byAccepted)).toEqual({ pairs: [], missing: [], extra: [] });
  });

  it('is the same in any order of the calls', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 5 }), letters, (expected, actual) => {
        const count = (made: readonly string[]) =>
          matchCalls(expected, made, byAccepted).pairs.filter(({ detail }) => detail === null).length;
        expect(count([...actual].reverse())).toBe(count(actual));
      }),
    );
  });
});
