import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../infra/arena/seeded-random.ts';
import { spentAlpha, withSpentError } from './spend-error.ts';

describe('the error that successive rollouts spend', () => {
  it('sums to no more than alpha while nothing is rejected', () => {
    let sum = 0;
    for (let place = 1; place <= 10_000; place += 1) sum += spentAlpha(0.05, place, 0);
    expect(sum).toBeLessThanOrEqual(0.05);
    expect(sum).toBeGreaterThan(0.0499);
  });

  it('never gives one rollout more than alpha, and the more was rejected before the more', () => {
    const counts = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.nat(200), fc.nat(20));
    fc.assert(
      fc.property(counts, ([place, rejected, more]) => {
        const alpha = spentAlpha(0.01, place, rejected);
        expect(alpha).toBeLessThanOrEqual(0.01);
        expect(spentAlpha(0.01, place, rejected + more)).toBeGreaterThanOrEqual(alpha);
      }),
    );
  });

  it('spends on rollbacks what rollbacks have earned, and on promotions what promotions have', () => {
    const settings = { alphaRollBack: 0.01, alphaPromote: 0.05, kept: true };
    const spent = withSpentError(settings, { place: 2, rolledBack: 3, promoted: 0 });
    expect(spent).toEqual({
      ...{ kept: true, place: 2, alphaRollBack: expect.closeTo(0.00608, 5), alphaPromote: expect.closeTo(0.0076, 4) },
    });
  });

  it('keeps the share of wrong promotions under alpha over a year in which most candidates are bad', () => {
    const random = createSeededRandom(17);
    const years = 3_000;
    let shares = 0;
    for (let year = 0; year < years; year += 1) {
      let wrong = 0;
      let promoted = 0;
      for (let place = 1; place <= 20; place += 1) {
        const good = random.uniform() < 0.2;
        // A bad candidate's e-value is 1 on average, all of it just where the test rejects: none rejects oftener.
        if (!good && random.uniform() >= spentAlpha(0.05, place, promoted)) continue;
        promoted += 1;
        if (!good) wrong += 1;
      }
      shares += wrong / Math.max(1, promoted);
    }
    expect(shares / years).toBeLessThanOrEqual(0.05);
    expect(shares).toBeGreaterThan(0);
  });
});
