import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { splitRows } from './splits.ts';

const rowsArbitrary = fc
  .array(fc.record({ group: fc.integer({ min: 0, max: 40 }), failing: fc.boolean() }), {
    minLength: 30,
    maxLength: 120,
  })
  .map((rows) =>
    rows.map(({ group, failing }, index) => ({ id: `r${index}`, group: `g${group}`, stratum: failing ? 'f' : 'p' })),
  );

describe('splits', () => {
  it('are disjoint, hold every row, and keep groups whole', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.integer(), (rows, seed) => {
        const splits = splitRows(rows, seed);
        if (splits === null) return;
        const ids = [...splits.propose, ...splits.select, ...splits.report];
        expect(ids.toSorted()).toEqual(rows.map((row) => row.id).toSorted());
        const splitOf = new Map(Object.entries(splits).flatMap(([name, of]) => of.map((id: string) => [id, name])));
        for (const members of Map.groupBy(rows, (row) => row.group).values()) {
          expect(new Set(members.map((row) => splitOf.get(row.id))).size).toBe(1);
        }
      }),
      PROPERTY,
    );
  });

  it('do not depend on the order of the rows', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        expect(splitRows(rows.toReversed(), 7)).toEqual(splitRows(rows, 7));
      }),
      PROPERTY,
    );
  });

  it('give every split its share of failing and of passing rows', () => {
    const rows = Array.from({ length: 200 }, (_, index) => ({
      ...{ id: `r${index}`, group: `g${index}`, stratum: index % 4 === 0 ? 'f' : 'p' },
    }));
    const splits = splitRows(rows, 0)!;
    const failing = (ids: readonly string[]) => ids.filter((id) => Number(id.slice(1)) % 4 === 0).length;
    expect([splits.propose, splits.select, splits.report].map((ids) => ids.length)).toEqual([60, 60, 80]);
    expect([splits.propose, splits.select, splits.report].map(failing)).toEqual([15, 15, 20]);
  });

  it('are not made of too few groups', () => {
    const rows = Array.from({ length: 60 }, (_, index) => ({ id: `r${index}`, group: `g${index % 2}`, stratum: '' }));
    expect(splitRows(rows, 1)).toBeNull();
  });
});
