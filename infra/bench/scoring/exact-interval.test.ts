import { describe, expect, it } from 'vitest';
import { exactInterval } from './exact-interval.ts';

describe('the exact interval of a share', () => {
  it('is the one of the tables', () => {
    const [low, high] = exactInterval(4, 20);
    expect(low).toBeCloseTo(0.0573, 4);
    expect(high).toBeCloseTo(0.4366, 4);
  });

  it('has the rule of three at its upper end without a hit, at 97.5 %', () => {
    expect(exactInterval(0, 1_000)).toEqual([0, expect.closeTo(1 - 0.025 ** (1 / 1_000), 6)]);
  });

  it('is the mirror of the opposite share', () => {
    const [low, high] = exactInterval(17, 2_000);
    const [mirroredLow, mirroredHigh] = exactInterval(1_983, 2_000);
    expect(mirroredLow).toBeCloseTo(1 - high, 8);
    expect(mirroredHigh).toBeCloseTo(1 - low, 8);
  });

  it('says nothing without data', () => {
    expect(exactInterval(0, 0)).toEqual([0, 1]);
  });
});
