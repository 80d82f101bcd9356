import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { confidenceSequence, logEValueAgainst, lowerConfidenceBound } from './confidence-sequence.ts';
import { createEProcess, logEValue, updateEProcess } from './e-process.ts';
import { pairedDifference } from './paired-difference.ts';

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 });

describe('the confidence sequence', () => {
  it('uses the same e-value as the process that runs session by session', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (sample, mean) => {
        const process = sample.reduce((before, each) => updateEProcess(before, each), createEProcess(mean));
        expect(logEValueAgainst(sample, mean)).toBeCloseTo(logEValue(process), 9);
      }),
    );
  });

  it('always contains the mean of what was seen', () => {
    fc.assert(
      fc.property(values, (sample) => {
        const band = confidenceSequence(sample, 0.05);
        expect(band.lower).toBeLessThanOrEqual((band.mean ?? 0.5) + 1e-3);
        expect(band.upper).toBeGreaterThanOrEqual((band.mean ?? 0.5) - 1e-3);
      }),
    );
  });

  it('says nothing before there is anything to say, and much after a thousand sessions', () => {
    expect(confidenceSequence([], 0.05)).toEqual({ count: 0, mean: null, lower: 0, upper: 1 });
    const random = createSeededRandom(3);
    const band = confidenceSequence(
      Array.from({ length: 1_000 }, () => random.beta(8, 2)),
      0.05,
    );
    expect(band.lower).toBeGreaterThan(0.77);
    expect(band.upper).toBeLessThan(0.83);
  });

  it('misses the true mean, at any of many looks, in at most a share alpha of worlds', () => {
    let missed = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const random = createSeededRandom(seed);
      const sample: number[] = [];
      let everMissed = false;
      for (let look = 0; look < 12; look += 1) {
        for (let step = 0; step < 10; step += 1) sample.push(random.uniform() < 0.7 ? 1 : 0);
        everMissed ||= lowerConfidenceBound(sample, 0.1) > 0.7;
      }
      if (everMissed) missed += 1;
    }
    expect(missed / 200).toBeLessThanOrEqual(0.1);
  });

  it('turns pairs into a difference from -1 to 1, negative when the canary is worse', () => {
    const pairs = Array.from({ length: 200 }, () => ({ canaryQuality: 0.5, controlQuality: 0.9 }));
    const band = pairedDifference(pairs, 0.05);
    expect(band.mean).toBeCloseTo(-0.4, 9);
    expect(band.upper).toBeLessThan(-0.3);
    expect(band.lower).toBeGreaterThan(-0.6);
  });
});
