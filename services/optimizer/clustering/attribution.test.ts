import { describe, expect, it } from 'vitest';
import { type AttributionCell, findAttributions } from './attribution.ts';
import { compareInStrata } from './mantel-haenszel.ts';
import { normalTail } from './normal-tail.ts';

/** Sessions of ten calls each that fail at a fixed rate; what comes out is the same on every machine. */
function sessions(
  name: string,
  count: number,
  values: AttributionCell['values'],
  failuresOfTen: (session: number) => number,
): AttributionCell[] {
  return Array.from({ length: count }, (_session, index) => ({
    ...{ sessionId: `${name}-${index}`, values, eligible: 10, failures: failuresOfTen(index) },
  }));
}

const often = (session: number) => (session % 2 === 0 ? 4 : 1);
const seldom = (session: number) => (session % 5 === 0 ? 1 : 0);
const claims = (cells: readonly AttributionCell[]) =>
  findAttributions(cells).map(({ dimension, value }) => `${dimension} ${value}`);

describe('attribution', () => {
  it('names the provider whose calls fail more in every turn shape', () => {
    const cells = ['plan', 'edit'].flatMap((turnShape) => [
      ...sessions(`x-${turnShape}`, 60, { provider: 'x', turnShape }, often),
      ...sessions(`y-${turnShape}`, 60, { provider: 'y', turnShape }, seldom),
    ]);
    const [first, ...others] = findAttributions(cells);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      dimension: 'provider',
      value: 'x',
      failingSessions: 120,
      inseparableFrom: [],
      within: null,
    });
    expect(first!.rate).toBeCloseTo(0.25);
    expect(first!.restRate).toBeCloseTo(0.02);
    expect(first!.lift).toBeCloseTo(12.5);
    expect(first!.liftInterval[0]).toBeGreaterThan(5);
  });

  it('blames the hard turn shape and not the provider that gets most of it', () => {
    const cells = [
      ...sessions('x-hard', 90, { provider: 'x', turnShape: 'hard' }, often),
      ...sessions('x-easy', 20, { provider: 'x', turnShape: 'easy' }, seldom),
      ...sessions('y-hard', 20, { provider: 'y', turnShape: 'hard' }, often),
      ...sessions('y-easy', 90, { provider: 'y', turnShape: 'easy' }, seldom),
    ];
    expect(claims(cells)).toEqual(['turnShape hard']);
  });

  it('blames one bad model and not the provider that alone serves it beside a good one', () => {
    const cells = [
      ...sessions('x-bad', 60, { provider: 'x', model: 'bad' }, often),
      ...sessions('x-good', 60, { provider: 'x', model: 'good' }, seldom),
      ...sessions('y-other', 60, { provider: 'y', model: 'other' }, seldom),
    ];
    expect(claims(cells)).toEqual(['model bad']);
  });

  it('blames the provider when all of its models fail, and not its models', () => {
    const cells = [
      ...sessions('x-1', 60, { provider: 'x', model: 'one' }, often),
      ...sessions('x-2', 60, { provider: 'x', model: 'two' }, often),
      ...sessions('y-3', 60, { provider: 'y', model: 'three' }, seldom),
    ];
    expect(claims(cells)).toEqual(['provider x']);
  });

  it('finds a provider that fails in one turn shape only, and says in which', () => {
    const shapes = ['plan', 'edit', 'followup', 'chat'];
    const cells = shapes.flatMap((turnShape) => [
      ...sessions(`x-${turnShape}`, 60, { provider: 'x', turnShape }, turnShape === 'plan' ? often : seldom),
      // As many failures of others elsewhere as to bury it in the sum.
      ...sessions(`y-${turnShape}`, 60, { provider: 'y', turnShape }, turnShape === 'edit' ? often : seldom),
    ]);
    const found = findAttributions(cells).filter(({ dimension }) => dimension === 'provider');
    expect(found.map(({ dimension, value, within }) => `${dimension} ${value} of ${within?.value}`).sort()).toEqual([
      'provider x of plan',
      'provider y of edit',
    ]);
    expect(found[0]!.failureShare).toBeLessThan(0.6);
  });

  it('says so when a provider and its only model cannot be told apart', () => {
    const cells = [
      ...sessions('x', 60, { provider: 'x', model: 'one' }, often),
      ...sessions('y', 60, { provider: 'y', model: 'two' }, seldom),
    ];
    const found = findAttributions(cells);
    expect(found.find(({ dimension }) => dimension === 'provider')?.inseparableFrom).toEqual([
      { dimension: 'model', value: 'one' },
    ]);
    expect(found.find(({ dimension }) => dimension === 'model')?.inseparableFrom).toEqual([
      { dimension: 'provider', value: 'x' },
    ]);
  });

  it('does not take one troubled session for a bad provider, nor the only provider for a cause', () => {
    const lone = [
      ...sessions('x', 60, { provider: 'x' }, (session) => (session === 0 ? 10 : 0)),
      ...sessions('y', 60, { provider: 'y' }, () => 0),
    ];
    expect(claims(lone)).toEqual([]);
    expect(claims(sessions('x', 60, { provider: 'x', turnShape: 'plan' }, often))).toEqual([]);
    expect(claims([])).toEqual([]);
  });

  it('leaves calls out whose value is not known, and calls that could not fail', () => {
    const cells = [
      ...sessions('x', 60, { provider: 'x' }, often),
      ...sessions('y', 60, { provider: 'y' }, seldom),
      ...sessions('unknown', 500, {}, often),
      ...sessions('none', 10, { provider: 'z' }, () => 0).map((cell) => ({ ...cell, eligible: 0 })),
    ];
    expect(claims(cells)).toEqual(['provider x']);
  });
});

describe('a comparison in strata', () => {
  /** One call per row. */
  function rows(cells: readonly (readonly [stratum: number, session: number, exposed: number, failed: number])[]) {
    return {
      stratum: Int32Array.from(cells, ([stratum]) => stratum),
      session: Int32Array.from(cells, ([, session]) => session),
      isExposed: Uint8Array.from(cells, ([, , exposed]) => exposed),
      eligible: Float64Array.from(cells, () => 1),
      failures: Float64Array.from(cells, ([, , , failed]) => failed),
    };
  }
  const many = (count: number, stratum: number, exposed: number, failed: number, from: number) =>
    Array.from({ length: count }, (_row, index) => [stratum, from + index, exposed, failed] as const);

  it('is the ratio of Mantel and Haenszel', () => {
    // Strata of 100 and 100 against 50 and 150: (20*100/200 + 10*150/200) / (10*100/200 + 15*50/200).
    const cells = [
      ...many(20, 0, 1, 1, 0),
      ...many(80, 0, 1, 0, 100),
      ...many(10, 0, 0, 1, 200),
      ...many(90, 0, 0, 0, 300),
      ...many(10, 1, 1, 1, 400),
      ...many(40, 1, 1, 0, 500),
      ...many(15, 1, 0, 1, 600),
      ...many(135, 1, 0, 0, 700),
    ];
    const { lift, comparableShare, pValue } = compareInStrata(rows(cells));
    expect(lift).toBeCloseTo(17.5 / 8.75);
    expect(comparableShare).toBe(1);
    expect(pValue).toBeLessThan(0.01);
  });

  it('is less sure of calls that belong to one session than of as many sessions', () => {
    const shared = (sessionsOf: number) =>
      compareInStrata(
        rows(
          [
            ...many(40, 0, 1, 1, 0),
            ...many(60, 0, 1, 0, 40),
            ...many(20, 0, 0, 1, 1_000),
            ...many(80, 0, 0, 0, 1_020),
          ].map(
            ([stratum, session, exposed, failed]) =>
              [stratum, Math.floor(session / sessionsOf), exposed, failed] as const,
          ),
        ),
      ).pValue;
    expect(shared(20)).toBeGreaterThan(10 * shared(1));
  });

  it('says nothing of strata that have one side only', () => {
    const { comparableShare, lift } = compareInStrata(rows([...many(9, 0, 1, 1, 0), ...many(9, 1, 0, 0, 20)]));
    expect({ comparableShare, lift }).toEqual({ comparableShare: 0, lift: 0 });
  });
});

describe('the tail of the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1.959964, 0.025],
    [-1.644854, 0.95],
    [4, 3.167124e-5],
    [8, 6.220961e-16],
  ])('beyond %d is %d', (z, tail) => {
    expect(normalTail(z) / tail).toBeCloseTo(1, 5);
  });
});
