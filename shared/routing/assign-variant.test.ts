import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AssignmentInput, assignVariant } from './assign-variant.ts';
import { limitExposure } from './exposure.ts';
import { sessionHash } from './session-hash.ts';

const SESSIONS = Array.from({ length: 20_000 }, (_, index) => `session-${index}`);
const INPUT: Omit<AssignmentInput, 'sessionId'> = {
  salt: 'salt-1',
  canaryShare: 0.05,
  explorationShare: 0.03,
  mayEnterRollout: true,
};

function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, cell) => sum + (count - (expected[cell] ?? 0)) ** 2 / (expected[cell] ?? 1), 0);
}

describe('the hash of a session', () => {
  it('is uniform over a hundred cells', () => {
    const cells = new Array<number>(100).fill(0);
    for (const session of SESSIONS) cells[Math.floor(sessionHash('variant', 'salt-1', session) * 100)]! += 1;
    // 99 degrees of freedom: above 149 once in a thousand worlds; this one is always the same.
    expect(
      chiSquare(
        cells,
        cells.map(() => SESSIONS.length / 100),
      ),
    ).toBeLessThan(149);
  });

  it('is below one, and the same wherever it is computed', () => {
    expect(sessionHash('variant', 'salt', 'session')).toBe(0.0979021086791203);
    fc.assert(
      fc.property(fc.string(), fc.string(), (salt, session) => {
        const u = sessionHash('target', salt, session);
        expect(u >= 0 && u < 1).toBe(true);
      }),
    );
  });

  it('deals its layers and salts independently', () => {
    const cells = new Array<number>(16).fill(0);
    for (const session of SESSIONS) {
      const row = Math.floor(sessionHash('variant', 'salt-1', session) * 4);
      cells[row * 4 + Math.floor(sessionHash('target', 'salt-1', session) * 4)]! += 1;
    }
    // 15 degrees of freedom: above 37.7 once in a thousand worlds.
    expect(
      chiSquare(
        cells,
        cells.map(() => SESSIONS.length / 16),
      ),
    ).toBeLessThan(37.7);
    expect(sessionHash('variant', 'ab', 'c')).not.toBe(sessionHash('variant', 'a', 'bc'));
  });
});

describe('the assignment of sessions to variants', () => {
  const counts = (input: Omit<AssignmentInput, 'sessionId'>) => {
    const found = { canary: 0, control: 0, exploration: 0, stable: 0 };
    for (const sessionId of SESSIONS) found[assignVariant({ ...input, sessionId }).variant] += 1;
    return found;
  };

  it('gives canary and control the same share, exploration its own, and the rest to stable', () => {
    const { canary, control, exploration, stable } = counts(INPUT);
    const expected = [0.05, 0.05, 0.03, 0.87].map((share) => share * SESSIONS.length);
    // 3 degrees of freedom: above 16.3 once in a thousand worlds.
    expect(chiSquare([canary, control, exploration, stable], expected)).toBeLessThan(16.3);
  });

  it('keeps sessions that began before the rollout out of both arms, and nobody moves for it', () => {
    const { canary, control } = counts({ ...INPUT, mayEnterRollout: false });
    expect({ canary, control }).toEqual({ canary: 0, control: 0 });
    for (const sessionId of SESSIONS.slice(0, 500)) {
      const inside = assignVariant({ ...INPUT, sessionId }).variant;
      const outside = assignVariant({ ...INPUT, sessionId, mayEnterRollout: false }).variant;
      expect(outside).toBe(inside === 'exploration' ? 'exploration' : 'stable');
    }
  });

  it('knows the chance of exploring among the sessions of the stable policy', () => {
    const { canary, exploration } = counts(INPUT);
    const { explorationProbability } = assignVariant({ ...INPUT, sessionId: 's' });
    expect(explorationProbability).toBeCloseTo(exploration / (SESSIONS.length - canary), 2);
    expect(assignVariant({ ...INPUT, sessionId: 's', mayEnterRollout: false }).explorationProbability).toBe(0.03);
  });

  it('has arms that never overlap, whatever shares it is given', () => {
    const share = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.string(), (canaryShare, explorationShare, sessionId) => {
        const { explorationProbability } = assignVariant({ ...INPUT, canaryShare, explorationShare, sessionId });
        expect(explorationProbability >= 0 && explorationProbability <= 1).toBe(true);
      }),
    );
  });
});

describe('the exposure of sessions', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  it('keeps canary and exploration together within the maximum', () => {
    fc.assert(
      fc.property(
        share,
        share,
        share,
        share,
        fc.boolean(),
        (canary, exploration, bootstrapShare, exposureMax, cold) => {
          const exposure = limitExposure({ canary, exploration, bootstrapShare, exposureMax, cold });
          const bootstrapped = cold && exposure.canaryShare === 0;
          const limit = bootstrapped ? Math.max(exposureMax, bootstrapShare) : exposureMax;
          expect(exposure.canaryShare + exposure.explorationShare).toBeLessThanOrEqual(limit + 1e-9);
          expect(2 * exposure.canaryShare + exposure.explorationShare).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });

  it('bootstraps only while cold and never beside a canary', () => {
    const rules = { canary: 0, exploration: 0.03, bootstrapShare: 0.5, exposureMax: 0.15, cold: true };
    expect(limitExposure(rules).explorationShare).toBe(0.5);
    expect(limitExposure({ ...rules, cold: false }).explorationShare).toBe(0.03);
    expect(limitExposure({ ...rules, canary: 0.05 }).explorationShare).toBe(0.03);
  });
});
