import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../infra/arena/seeded-random.ts';
import { type ShareSums, weightedShare } from './weighted-share.ts';

type Observation = readonly [value: number, weight: number];

function sumsOf(sessions: readonly (readonly Observation[])[]): ShareSums {
  const sums = sessions.map((session) => ({
    v: session.reduce((sum, [value, weight]) => sum + value * weight, 0),
    w: session.reduce((sum, [, weight]) => sum + weight, 0),
  }));
  const total = (of: (session: { v: number; w: number }) => number) =>
    sums.reduce((sum, session) => sum + of(session), 0);
  return {
    sessions: sessions.length,
    ...{ v: total(({ v }) => v), w: total(({ w }) => w) },
    ...{ vv: total(({ v }) => v * v), vw: total(({ v, w }) => v * w), ww: total(({ w }) => w * w) },
  };
}

const once = (value: number): readonly Observation[] => [[value, 1]];

describe('weightedShare', () => {
  it("is Wilson's interval where every session has one call of the same weight", () => {
    const sessions = Array.from({ length: 100 }, (_value, index) => once(index < 90 ? 1 : 0));
    const share = weightedShare(sumsOf(sessions));
    // R: binom::binom.wilson(90, 100) gives 0.8256 and 0.9448.
    expect(share?.value).toBe(0.9);
    expect(share?.low).toBeCloseTo(0.8256, 2);
    expect(share?.high).toBeCloseTo(0.9448, 2);
  });

  it('counts sessions and not calls where the calls of a session are all alike', () => {
    const alike = Array.from({ length: 20 }, (_value, index) =>
      Array.from({ length: 50 }, (): Observation => [index < 18 ? 1 : 0, 1]),
    );
    const single = Array.from({ length: 20 }, (_value, index) => once(index < 18 ? 1 : 0));
    expect(weightedShare(sumsOf(alike))?.low).toBeCloseTo(weightedShare(sumsOf(single))?.low ?? 0, 9);
  });

  it('has a width where all passed, and the whole range with one session', () => {
    const all = weightedShare(sumsOf(Array.from({ length: 30 }, () => once(1))));
    expect(all).toMatchObject({ value: 1, effectiveN: 30 });
    expect(all?.low).toBeCloseTo(0.8865, 3);
    expect(weightedShare(sumsOf([Array.from({ length: 500 }, (): Observation => [1, 1])]))?.low).toBeLessThan(0.25);
    expect(weightedShare(sumsOf([]))).toBeNull();
  });

  it('weighs what was sampled by the inverse of its probability', () => {
    // Half of the calls failed; failures were all taken, and of the rest one in ten.
    const sessions = [
      ...Array.from({ length: 50 }, () => once(0)),
      ...Array.from({ length: 5 }, () => [[1, 10]] as const),
    ];
    const share = weightedShare(sumsOf(sessions));
    expect(share?.value).toBe(0.5);
    expect(share?.effectiveN).toBeLessThan(30);
  });

  it('covers the truth about as often as it says, with sessions of different quality and length', () => {
    const random = createSeededRandom(5);
    let covered = 0;
    const runs = 300;
    for (let run = 0; run < runs; run += 1) {
      const sessions = Array.from({ length: 60 }, () => {
        const quality = random.uniform() < 0.5 ? 0.95 : 0.65;
        const calls = 1 + Math.floor(random.uniform() * 20);
        return Array.from({ length: calls }, (): Observation => [random.uniform() < quality ? 1 : 0, 1]);
      });
      const share = weightedShare(sumsOf(sessions));
      if (share !== null && share.low <= 0.8 && share.high >= 0.8) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.9);
  });
});
