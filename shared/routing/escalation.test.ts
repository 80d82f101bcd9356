import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheLossUsd, hasFlaggedRoute, isFlagged } from './escalation.ts';

const CHEAP = { input: 0.25, output: 2, cacheRead: 0.025 };
const STRONG = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
const RULES = { failures: 2, windowMs: 600_000, cacheLossMaxUsd: 0.5 };

describe('the price of leaving a cache', () => {
  it('is the whole input written anew, less what reading it from the cache would have cost', () => {
    expect(cacheLossUsd(100_000, CHEAP, STRONG)).toBeCloseTo(0.375 - 0.0025, 9);
    expect(cacheLossUsd(100_000, STRONG, { input: 0.1, output: 1 })).toBe(0);
  });

  it('never shrinks with the length of the session, and is never below nothing', () => {
    const price = fc.record({ input: fc.float({ min: 0, max: 20, noNaN: true }), output: fc.constant(1) });
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), price, price, (shorter, more, from, to) => {
        const loss = cacheLossUsd(shorter, from, to);
        expect(loss).toBeGreaterThanOrEqual(0);
        expect(cacheLossUsd(shorter + more, from, to)).toBeGreaterThanOrEqual(loss);
      }),
    );
  });
});

describe('a session', () => {
  it('is flagged by enough failures within the window, and by no others', () => {
    const now = 10_000_000;
    expect(isFlagged([now - 1, now - 2], RULES, now)).toBe(true);
    expect(isFlagged([now - 1], RULES, now)).toBe(false);
    expect(isFlagged([now - 1, now - RULES.windowMs], RULES, now)).toBe(false);
  });

  it('matters only to policies that ask for the flag', () => {
    const route = { id: 'all', match: {}, targets: [], fallbacks: [], exploration: [] };
    const body = { schema: 1, turnShapeVersion: 1, safeDefault: 'a' } as const;
    expect(hasFlaggedRoute({ ...body, routes: [route] })).toBe(false);
    expect(hasFlaggedRoute({ ...body, routes: [{ ...route, match: { flagged: true } }, route] })).toBe(true);
  });
});
