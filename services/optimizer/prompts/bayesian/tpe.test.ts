import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { createRandomStream } from '../contract/random-stream.ts';
import { createParzenEstimator, logLikelihood } from './parzen-estimator.ts';
import type { SearchSpace, Trial } from './search-space.ts';
import { createTpeModel, drawUniformly, goodCount, splitTrials, suggest } from './tpe.ts';
import { logDensity, logMass, quantileOf } from './truncated-normal.ts';

const bit = { kind: 'categorical', choices: 2 } as const;
const space: SearchSpace = {
  ...{ a: bit, b: { kind: 'categorical', choices: 3 }, n: { kind: 'integer', low: 1, high: 6 } },
  ...{ x: { kind: 'real', low: -1, high: 1 }, rate: { kind: 'real', low: 0.001, high: 10, log: true } },
};
const done = (choice: Trial['choice'], score: number): Trial => ({ choice, state: 'complete', score });
const options = { startupTrials: 10, candidates: 24, multivariate: true };

describe('a truncated normal', () => {
  const normal = { mean: 0.3, deviation: 0.5, low: 0, high: 1 };

  it('has the density and the masses that tables give', () => {
    // P(0 <= X <= 1) of N(0.3, 0.5) is Phi(1.4) - Phi(-0.6) = 0.644991.
    expect(logDensity(normal, 0.3)).toBeCloseTo(Math.log(0.797885 / 0.644991), 4);
    expect(logMass(normal, 0, 0.3)).toBeCloseTo(Math.log(0.225747 / 0.644991), 4);
    expect(logDensity(normal, 1.01)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('draws within its bounds, with its quantiles in order', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (uniform) => {
        const value = quantileOf(normal, uniform);
        expect(value >= 0 && value <= 1).toBe(true);
        expect(Math.exp(logMass(normal, 0, value))).toBeCloseTo(uniform, 4);
      }),
      PROPERTY,
    );
  });
});

describe('the Parzen estimator', () => {
  it('gives an observed choice 1 + w/K against w/K elsewhere, beside a uniform prior', () => {
    // One observation and the prior: K is 2, so that the kernel has 1.5/2 and 0.5/2, the prior 1/2 each, half and half.
    const estimator = createParzenEstimator({ a: bit }, [{ a: 1 }]);
    expect(Math.exp(logLikelihood(estimator, { a: 1 }))).toBeCloseTo((0.75 + 0.5) / 2, 12);
    expect(Math.exp(logLikelihood(estimator, { a: 0 }))).toBeCloseTo((0.25 + 0.5) / 2, 12);
  });

  it('is a distribution: masses of whole numbers and choices sum to one', () => {
    const small: SearchSpace = { a: bit, n: { kind: 'integer', low: 1, high: 4 } };
    const estimator = createParzenEstimator(small, [
      { a: 1, n: 2 },
      { a: 0, n: 4 },
      { a: 1, n: 2 },
    ]);
    let total = 0;
    for (const a of [0, 1]) for (const n of [1, 2, 3, 4]) total += Math.exp(logLikelihood(estimator, { a, n }));
    expect(total).toBeCloseTo(1, 5);
  });

  it('lets old observations fade once there are more than twenty-five', () => {
    const { weights } = createParzenEstimator(
      { a: bit },
      Array.from({ length: 30 }, () => ({ a: 1 })),
    );
    expect(weights[0]! / weights[29]!).toBeCloseTo(1 / 30, 9);
    expect(weights[4]! / weights[29]!).toBeCloseTo(1, 9);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  });
});

describe('the tree-structured Parzen estimator', () => {
  it('takes a tenth of the trials for good, and twenty-five at most', () => {
    expect([1, 10, 11, 100, 250, 1_000].map(goodCount)).toEqual([1, 1, 2, 10, 25, 25]);
  });

  it('keeps both groups in the order of the trials, counts running ones as others and failed ones not', () => {
    const trials: Trial[] = [
      ...[0.1, 0.9, 0.2, 0.9].map((score, a) => done({ a }, score)),
      { choice: { a: 4 }, state: 'running', score: null },
      { choice: { a: 5 }, state: 'failed', score: null },
    ];
    expect(splitTrials(trials)).toEqual({ good: [{ a: 1 }], others: [{ a: 0 }, { a: 2 }, { a: 3 }, { a: 4 }] });
  });

  it('has nothing to say before its start-up trials are finished', () => {
    const trials = Array.from({ length: 9 }, () => done({ a: 0 }, 0));
    expect(suggest({ a: bit }, trials, options, createRandomStream(1, 't'))).toBeNull();
  });

  it('suggests only what the space holds, and the same for the same trials', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, multivariate) => {
        const start = createRandomStream(seed, 'start');
        const trials = Array.from({ length: 14 }, () => done(drawUniformly(space, start), start.uniform()));
        const [first, second] = [1, 2].map(() =>
          suggest(space, trials, { ...options, multivariate }, createRandomStream(seed, 'tpe')),
        );
        expect(first).toEqual(second);
        const { a, b, n, x, rate } = first as Record<string, number>;
        expect([0, 1].includes(a!) && [0, 1, 2].includes(b!) && [1, 2, 3, 4, 5, 6].includes(n!)).toBe(true);
        expect(x! >= -1 && x! <= 1 && rate! >= 0.001 - 1e-12 && rate! <= 10 + 1e-9).toBe(true);
      }),
      { numRuns: Math.min(60, PROPERTY.numRuns) },
    );
  });

  it('prefers what was good: the ratio is larger where good trials are', () => {
    const trials = Array.from({ length: 20 }, (_, index) => done({ x: index / 10 - 1 }, -Math.abs(index / 10 - 1.5)));
    const model = createTpeModel({ x: space['x']! }, trials);
    expect(model.ratio({ x: 0.5 })).toBeGreaterThan(model.ratio({ x: -0.8 }));
  });

  it('finds the top of a hill in fewer trials than chance', () => {
    const best = (useModel: boolean, seed: number) => {
      const random = createRandomStream(seed, 'hill');
      const trials: Trial[] = [];
      for (let trial = 0; trial < 40; trial += 1) {
        const choice = (useModel ? suggest(space, trials, options, random) : null) ?? drawUniformly(space, random);
        const miss =
          Math.abs((choice['x'] ?? 0) - 0.4) + Math.abs(Math.log10(choice['rate'] ?? 1)) + (choice['a'] ?? 0);
        trials.push(done(choice, -miss));
      }
      return Math.max(...trials.map((trial) => trial.score ?? -9));
    };
    const wins = Array.from({ length: 20 }, (_, seed) => best(true, seed) > best(false, seed)).filter(Boolean).length;
    expect(wins).toBeGreaterThanOrEqual(15);
  });
});
