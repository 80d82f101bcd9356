import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { createRandomStream } from './random-stream.ts';

describe('a random stream', () => {
  it('is the same for the same seed and purpose, and another for any other, 0 included', () => {
    const first = (seed: number, purpose: string) => createRandomStream(seed, purpose).uniform();
    expect(first(0, 'a')).toBe(first(0, 'a'));
    expect(new Set([first(0, 'a'), first(1, 'a'), first(-1, 'a'), first(0, 'b')]).size).toBe(4);
  });

  it('is uniform: mean and variance of many draws are those of the distribution', () => {
    const stream = createRandomStream(3, 'uniform');
    const draws = Array.from({ length: 20_000 }, () => stream.uniform());
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.003);
  });

  it('samples without repeats, of what it was given, in any number', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), fc.nat(20), fc.integer(), (items, count, seed) => {
        const sample = createRandomStream(seed, 's').sample(items, count);
        expect(sample.length).toBe(Math.min(count, items.length));
        expect(new Set(sample).size).toBe(sample.length);
        expect(sample.every((item) => items.includes(item))).toBe(true);
      }),
      PROPERTY,
    );
  });

  it('draws every item as often as any other', () => {
    const stream = createRandomStream(5, 'shuffle');
    const firsts = Array.from({ length: 6_000 }, () => stream.shuffled(['a', 'b', 'c'])[0]);
    for (const item of ['a', 'b', 'c']) {
      expect(Math.abs(firsts.filter((each) => each === item).length / 6_000 - 1 / 3)).toBeLessThan(0.02);
    }
  });

  it('never draws what has no weight', () => {
    const stream = createRandomStream(9, 'weights');
    const drawn = Array.from({ length: 2_000 }, () => stream.weighted([0, 3, 0, 1, 0]));
    expect([...new Set(drawn)].sort()).toEqual([1, 3]);
    expect(Math.abs(drawn.filter((index) => index === 1).length / 2_000 - 0.75)).toBeLessThan(0.04);
  });
});
