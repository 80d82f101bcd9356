import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterPulls,
  createSelector,
  nextPulls,
  rejectsRows,
  SELECTOR_NAMES,
  type SelectorOptions,
  type SelectorState,
  selectedArms,
  selectorStateSchema,
  ucbIndex,
} from './bandit-selector.ts';

const OPTIONS: SelectorOptions = {
  ...{ name: 'ucb', keep: 4, budget: 240, c: 1 },
  ...{ evalRounds: 8, evalPromptsPerRound: 8, samplesPerEval: 32 },
};
const noDraw = () => 0.5;

function scoresOf(arms: readonly number[], rows: number, mean: (arm: number) => number) {
  return new Map(arms.map((arm) => [arm, Array.from({ length: rows }, () => mean(arm))]));
}

/** Runs a selector to its end; the rows spent in all, and what is left alive. */
function run(armCount: number, options: SelectorOptions, mean: (arm: number) => number) {
  let state: SelectorState = createSelector(armCount);
  let spent = 0;
  for (;;) {
    const pulls = nextPulls(state, options, noDraw);
    if (pulls === null) return { state, spent };
    spent += pulls.arms.length * pulls.rows;
    state = selectorStateSchema.parse(
      JSON.parse(JSON.stringify(afterPulls(state, options, scoresOf(pulls.arms, pulls.rows, mean)))),
    );
  }
}

describe('the index of an arm', () => {
  it('is the mean and the bonus of UCB: 0.5 + sqrt(ln 128 / 32)', () => {
    expect(ucbIndex({ count: 32, sum: 16 }, 128, { name: 'ucb', c: 1 })).toBeCloseTo(0.88939, 5);
  });

  it('is the mean and the bonus of UCB-E: 0.5 + sqrt(1 / 32), and with c = 4: 0.5 + 4 sqrt(4 / 32)', () => {
    expect(ucbIndex({ count: 32, sum: 16 }, 128, { name: 'ucb-e', c: 1 })).toBeCloseTo(0.67678, 5);
    expect(ucbIndex({ count: 32, sum: 16 }, 128, { name: 'ucb-e', c: 4 })).toBeCloseTo(1.91421, 5);
  });

  it('puts an arm that was never tried before all others', () => {
    expect(ucbIndex({ count: 0, sum: 0 }, 128, { name: 'ucb', c: 1 })).toBeGreaterThan(1_000);
  });
});

describe('successive rejects', () => {
  it('adds 16, 5 and 10 rows for 4 arms and a budget of 100', () => {
    expect([1, 2, 3].map((phase) => rejectsRows(4, phase, 100))).toEqual([16, 5, 10]);
  });

  it('adds 4 rows at the least', () => {
    expect([1, 2, 3].map((phase) => rejectsRows(4, phase, 12))).toEqual([4, 4, 4]);
  });

  it('spends 99 of 100 rows on 4 arms and keeps the best', () => {
    const options: SelectorOptions = { ...OPTIONS, name: 'successive-rejects', keep: 1, budget: 100 };
    const { state, spent } = run(4, options, (arm) => [0.2, 0.9, 0.4, 0.3][arm] ?? 0);
    expect(spent).toBe(99);
    expect(state.alive).toEqual([1]);
    expect(state.arms.map(({ count }) => count)).toEqual([16, 31, 31, 21]);
  });
});

describe('successive halving', () => {
  it('gives 8 arms 10 rows of 240 in the first of 3 phases, and drops what is below the mean', () => {
    const options: SelectorOptions = { ...OPTIONS, name: 'successive-halving', keep: 1 };
    const state = createSelector(8);
    expect(nextPulls(state, options, noDraw)).toEqual({ arms: [0, 1, 2, 3, 4, 5, 6, 7], rows: 10 });
    const after = afterPulls(
      state,
      options,
      scoresOf([0, 1, 2, 3, 4, 5, 6, 7], 10, (arm) => arm / 10),
    );
    expect(after.alive).toEqual([4, 5, 6, 7]);
    expect(nextPulls(after, options, noDraw)).toEqual({ arms: [4, 5, 6, 7], rows: 20 });
  });

  it('never drops below the beam', () => {
    const options: SelectorOptions = { ...OPTIONS, name: 'successive-halving', keep: 4 };
    const { state } = run(9, options, (arm) => (arm === 3 ? 1 : arm / 100));
    expect(state.alive.length).toBeGreaterThanOrEqual(4);
    expect(selectedArms(state, 4)).toEqual([3, 8, 7, 6]);
  });
});

describe('UCB', () => {
  it('draws the first arms and then follows the index, 8 of 12 at a time', () => {
    let draw = 0;
    const draws = [0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.05, 0.95, 0.4, 0.85, 0.5];
    const options = { ...OPTIONS, evalRounds: 2 };
    const first = nextPulls(createSelector(12), options, () => draws[draw++] ?? 0);
    expect(first).toEqual({ arms: [0, 2, 4, 6, 8, 9, 10, 11], rows: 32 });
    const after = afterPulls(
      createSelector(12),
      options,
      scoresOf(first?.arms ?? [], 32, (arm) => arm / 100),
    );
    // The four that were never tried come first, then the highest means.
    expect(nextPulls(after, options, noDraw)?.arms).toEqual([1, 3, 5, 7, 8, 9, 10, 11]);
    const last = afterPulls(
      after,
      options,
      scoresOf([1, 3, 5, 7, 8, 9, 10, 11], 32, (arm) => arm / 100),
    );
    expect(nextPulls(last, options, noDraw)).toBeNull();
  });
});

describe('every selector', () => {
  it.each(SELECTOR_NAMES)('%s finds arms that are clearly best, from state that went through JSON', (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 0, max: 19 }), (armCount, winner) => {
        const best = winner % armCount;
        const options: SelectorOptions = { ...OPTIONS, name, keep: 1, budget: 2_048 };
        const { state } = run(armCount, options, (arm) => (arm === best ? 1 : 0.1));
        expect(selectedArms(state, 1)).toEqual([best]);
      }),
      { numRuns: 50 },
    );
  });

  it.each(SELECTOR_NAMES)('%s asks for nothing when there are no more arms than are kept', (name) => {
    expect(nextPulls(createSelector(4), { ...OPTIONS, name }, noDraw)).toBeNull();
  });

  it('keeps to the budget where it has one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(['successive-rejects', 'successive-halving', 'brute-force'] as const)),
        fc.integer({ min: 5, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 30, maxLength: 30 }),
        (name, armCount, keep, means) => {
          const options = { ...OPTIONS, name, keep, budget: 2_048 };
          expect(run(armCount, options, (arm) => means[arm] ?? 0).spent).toBeLessThanOrEqual(2_048);
        },
      ),
      { numRuns: 100 },
    );
  });
});
