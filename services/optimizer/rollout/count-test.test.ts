import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logCountEValue } from './count-test.ts';

const count = fc.nat(60);
const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });

describe('the count test of hard failures', () => {
  it('equals the likelihood ratio averaged over all chances above the share', () => {
    const steps = 200_000;
    const [suspected, other, half] = [9, 3, 0.5];
    let sum = 0;
    for (let step = 0; step < steps; step += 1) {
      const chance = half + ((step + 0.5) / steps) * (1 - half);
      sum += (chance / half) ** suspected * ((1 - chance) / (1 - half)) ** other;
    }
    expect(Math.exp(logCountEValue(suspected, other))).toBeCloseTo(sum / steps, 6);
  });

  it('is a martingale when failures fall by the share, and loses when the suspected arm fails less', () => {
    fc.assert(
      fc.property(count, count, share, fc.double({ min: 0, max: 1, noNaN: true }), (suspected, other, half, part) => {
        const now = logCountEValue(suspected, other, half);
        const more = Math.exp(logCountEValue(suspected + 1, other, half) - now);
        const less = Math.exp(logCountEValue(suspected, other + 1, half) - now);
        expect(half * more + (1 - half) * less).toBeCloseTo(1, 6);
        const chance = half * part;
        expect(chance * more + (1 - chance) * less).toBeLessThanOrEqual(1 + 1e-6);
      }),
    );
  });

  it('is convinced by thirteen failures against none, and not by thirteen each', () => {
    expect(logCountEValue(12, 0)).toBeLessThan(Math.log(1_000));
    expect(logCountEValue(13, 0)).toBeGreaterThan(Math.log(1_000));
    expect(logCountEValue(13, 13)).toBeLessThan(Math.log(10));
    expect(logCountEValue(0, 0)).toBeCloseTo(0, 12);
  });

  it('stays a number with thousands of failures in the other arm', () => {
    expect(Number.isFinite(logCountEValue(10, 20_000))).toBe(true);
  });
});
