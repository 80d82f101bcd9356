import { describe, expect, it } from 'vitest';
import { governanceSchema } from '#shared/domain/governance.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { simulateSwap } from './simulate-swap.ts';

const settings = rolloutSettingsOf(governanceSchema.parse({ models: [] }));
const GOOD = [[1, 1, 1, 1, 0]];
const BAD = [[1, 1, 0, 0, 0]];
const runs = (canary: number[][], control: number[][]) =>
  Array.from({ length: 8 }, (_, seed) => simulateSwap({ seed, canary, control, canaryShare: 0.05, settings }));

describe('a model swapped in live traffic', () => {
  it('is promoted soon after the least number of sessions when it does better', () => {
    for (const { decision, pairs } of runs(GOOD, BAD)) {
      expect(decision).toBe('promote');
      expect(pairs).toBeGreaterThanOrEqual(settings.minSessions);
      expect(pairs).toBeLessThan(110);
    }
  });

  it('is rolled back when it does worse, and the same every time', () => {
    const outcomes = runs(BAD, GOOD);
    expect(outcomes.map(({ decision }) => decision)).toEqual(Array(8).fill('rollBack'));
    expect(runs(BAD, GOOD)).toEqual(outcomes);
  });
});
