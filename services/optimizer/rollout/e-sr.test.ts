import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { simulateSessionQuality } from '../../../infra/arena/simulate-session.ts';
import { alarmThreshold, createESr, type ESr, eSrStatistic, updateESr } from './e-sr.ts';

const quality = fc.double({ min: 0, max: 1, noNaN: true });

const heard = (detector: ESr, each: number) => updateESr(detector, each);

/** Sessions from the change to the alarm; the detector has watched `before` good sessions by then. */
function sessionsUntilAlarm(seed: number, mean: number, threshold: number, before: number): number {
  const random = createSeededRandom(seed);
  let detector = createESr(0.77);
  for (let session = 1; session <= LIMIT; session += 1) {
    const model = { mean: session <= before ? 0.8 : mean, calls: 10, intraClassCorrelation: 0.3 };
    detector = updateESr(detector, simulateSessionQuality(random, model));
    if (eSrStatistic(detector) >= threshold) return session - before;
  }
  return LIMIT;
}

const LIMIT = 5_000;
const RUNS = 100;
const meanSessions = (mean: number, threshold: number, before: number) =>
  Array.from({ length: RUNS }, (_, seed) => sessionsUntilAlarm(seed, mean, threshold, before)).reduce((a, b) => a + b) /
  RUNS;

describe('the e-SR detector', () => {
  it('gains exactly one per session while the mean loss is at its bound, at any weight, which bounds false alarms', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.array(quality, { maxLength: 10 }),
        quality,
        (baseline, past, weight) => {
          const detector = past.reduce(heard, createESr(baseline));
          const perfect = eSrStatistic(updateESr(detector, 1, weight));
          const worst = eSrStatistic(updateESr(detector, 0, weight));
          const expected = baseline * perfect + (1 - baseline) * worst;
          expect(expected / (eSrStatistic(detector) + 1)).toBeCloseTo(1, 6);
        },
      ),
    );
  });

  it('raises false alarms no oftener than the threshold says, even with the mean exactly on the baseline', () => {
    expect(meanSessions(0.77, 100, 0)).toBeGreaterThan(100);
  });

  it('finds drops of 10, 20 and 50 points within 60, 20 and 8 sessions at a threshold of 2,000', () => {
    expect(meanSessions(0.7, 2_000, 80)).toBeLessThanOrEqual(60);
    expect(meanSessions(0.6, 2_000, 80)).toBeLessThanOrEqual(20);
    expect(meanSessions(0.3, 2_000, 80)).toBeLessThanOrEqual(8);
  });

  it('goes on from its JSON exactly as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.array(quality, { maxLength: 30 }), fc.nat(30), (qualities, stop) => {
        const stored = JSON.parse(JSON.stringify(qualities.slice(0, stop).reduce(heard, createESr(0.8)))) as ESr;
        expect(qualities.slice(stop).reduce(heard, stored)).toEqual(qualities.reduce(heard, createESr(0.8)));
      }),
    );
  });

  it('stays finite under a long run of failures', () => {
    const detector = Array.from({ length: 3_000 }, () => 0).reduce(heard, createESr(0.9));
    expect(Number.isFinite(eSrStatistic(detector))).toBe(true);
  });

  it('spreads one budget of false alarms over all cells', () => {
    expect(alarmThreshold(20 * 1_000, 0.1)).toBe(200_000);
    expect(alarmThreshold(0, 10)).toBe(1);
  });
});
