import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { estimateLatency, isSlower, quantilesOf } from './estimate-latency.ts';
import type { EvidenceCell } from './evidence-cell.ts';

const cell = (durations: readonly (number | null)[], turnShape = '4k-none-plan'): EvidenceCell => ({
  ...{ turnShape, model: 'm', tokens: null },
  sessions: durations.map((durationMs, atMs) => ({
    ...{ quality: 1, hardFailure: false, atMs, keyId: null, durationMs },
    timeToFirstChunkMs: durationMs === null ? null : durationMs / 10,
  })),
});
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('the latency of a model', () => {
  it('is the median and the p95 of one call from each session, with the order statistics around it', () => {
    // Of 200 values: P(Binomial(200, 0.95) <= 181) = 0.0064 and <= 182 = 0.0137; <= 195 = 0.974 and <= 196 = 0.991.
    expect(quantilesOf(upTo(200))).toEqual({ sessions: 200, p50: 100, p95: 190, p95Low: 182, p95High: 197 });
    expect(quantilesOf([])).toBeNull();
  });

  it('has no end where the sessions are too few for one', () => {
    // The largest of 59 lies under the p95 with a chance of 4.8 %.
    expect(quantilesOf(upTo(59))?.p95High).toBeNull();
    expect(quantilesOf(upTo(90))?.p95High).toBe(90);
    // Even the smallest of one lies above it with a chance of 5 %.
    expect(quantilesOf([7])).toMatchObject({ p95Low: null, p95High: null });
    expect(quantilesOf([7, 9])?.p95Low).toBe(7);
  });

  it('keeps its order, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 300 }), (values) => {
        const found = quantilesOf(values);
        expect(found?.p50).toBeLessThanOrEqual(found?.p95 ?? 0);
        expect(found?.p95Low ?? 0).toBeLessThanOrEqual(found?.p95 ?? 0);
        expect(found?.p95High ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(found?.p95 ?? 0);
      }),
    );
  });

  it('covers the true p95 as often as it says, with a heavy tail', () => {
    const trueP95 = Math.exp(1.6448536269514722);
    let [above, below] = [0, 0];
    const worlds = 1_000;
    for (let seed = 1; seed <= worlds; seed += 1) {
      const random = createSeededRandom(seed);
      const found = quantilesOf(Array.from({ length: 120 }, () => Math.exp(random.normal())));
      if ((found?.p95Low ?? 0) > trueP95) above += 1;
      if ((found?.p95High ?? Number.POSITIVE_INFINITY) < trueP95) below += 1;
    }
    // One in a hundred at either end, and three standard errors of that.
    expect(above / worlds).toBeLessThan(0.02);
    expect(below / worlds).toBeLessThan(0.02);
    expect(above + below).toBeGreaterThan(0);
  });

  it('takes sessions of the asked shape, and those whose calls were timed', () => {
    const cells = [cell([10, 20, null]), cell([1_000], '16k-none-plan')];
    const one = estimateLatency(cells, { turnShape: '4k-none-plan', model: 'm' });
    expect(one.duration).toMatchObject({ sessions: 2, p95: 20 });
    expect(one.timeToFirstChunk).toMatchObject({ sessions: 2, p95: 2 });
    expect(estimateLatency(cells, { turnShape: null, model: 'm' }).duration).toMatchObject({ sessions: 3, p95: 1_000 });
    expect(estimateLatency(cells, { turnShape: null, model: 'other' }).duration).toBeNull();
  });

  it('is beyond a limit only when that is beyond doubt', () => {
    const latency = estimateLatency([cell(upTo(200))], { turnShape: null, model: 'm' });
    expect(isSlower(latency, 181)).toBe(true);
    expect(isSlower(latency, 182)).toBe(false);
    expect(isSlower({ duration: null, timeToFirstChunk: null }, 1)).toBe(false);
  });
});
