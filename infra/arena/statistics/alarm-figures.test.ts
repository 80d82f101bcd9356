import { describe, expect, it } from 'vitest';
import { alarmDelay, alarmGrowth, shippedThreshold, UNIT_THRESHOLD } from './alarm-figures.ts';
import { falseDemotions } from './false-demotions.ts';

const RUNS = { runs: 40, seed: 5, threshold: UNIT_THRESHOLD };

describe('the figures of alarms', () => {
  it('find a larger drop sooner, and hold a bar only where the mean does', () => {
    const small = alarmDelay({ ...RUNS, id: 'alarm_20', points: 20, bar: 20 });
    const large = alarmDelay({ ...RUNS, id: 'alarm_50', points: 50, bar: 5 });
    expect(large.value).toBeLessThan(small.value);
    expect(small).toMatchObject({ id: 'alarm_20', n: 40, pass: small.value <= 20 });
    expect(large.pass).toBe(false);
    expect(large.interval[0]).toBeLessThan(large.value);
    expect(large.interval[1]).toBeGreaterThan(large.value);
  });

  it('take a threshold from a month of sessions and the accepted false alarms', () => {
    expect(shippedThreshold()).toBeCloseTo(100_000, 6);
    expect(alarmGrowth(50)).toBeGreaterThan(alarmGrowth(10));
  });

  it('count demotions per hundred thousand sessions, with what so few sessions allow to state', () => {
    const figure = falseDemotions({ sessions: 40_000, seed: 3 });
    expect(figure).toMatchObject({ id: 'false_demotions_per_1e5', n: 40_000, op: '<=', bar: 1 });
    expect(figure.value).toBe(0);
    expect(figure.interval[1]).toBeGreaterThan(5);
  });
});
