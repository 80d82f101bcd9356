import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { BETS, createEProcess, type EProcess, eValueOf, logEValue, logSumExp, updateEProcess } from './e-process.ts';

const nullMean = fc.double({ min: 0.05, max: 0.95, noNaN: true });
const value = fc.double({ min: 0, max: 1, noNaN: true });
const eValue = (process: EProcess) => eValueOf(logEValue(process));
const heard = (process: EProcess, each: number) => updateEProcess(process, each);
const run = (values: readonly number[], mean: number) => values.reduce(heard, createEProcess(mean));

describe('the betting e-process', () => {
  it('is the sum over the bets of what each began with times the product of 1 + (bet / m)(value - m)', () => {
    const values = [0.9, 0.2, 1];
    const products = BETS.map((bet) => values.reduce((product, each) => product * (1 + (bet / 0.4) * (each - 0.4)), 1));
    const starts = BETS.map((bet) => bet + 0.1);
    const whole = starts.reduce((sum, start) => sum + start, 0);
    const wealth = products.reduce((sum, product, index) => sum + (product * starts[index]!) / whole, 0);
    expect(eValue(run(values, 0.4))).toBeCloseTo(wealth, 12);
    expect(eValue(createEProcess(0.4))).toBeCloseTo(1, 12);
  });

  it('hears a value by its weight: not at all at zero, and as a value nearer to the null in between', () => {
    const process = run([0.7, 0.9], 0.5);
    expect(logEValue(updateEProcess(process, 1, 0))).toBe(logEValue(process));
    expect(logEValue(updateEProcess(process, 0.9, 0.5))).toBeCloseTo(logEValue(updateEProcess(process, 0.7)), 12);
    expect(() => updateEProcess(process, 1, 1.5)).toThrow(RangeError);
  });

  it('is a martingale: the next value leaves its mean as it was when the null mean is hit exactly', () => {
    fc.assert(
      fc.property(nullMean, fc.array(value, { maxLength: 20 }), value, value, (mean, past, first, second) => {
        const low = Math.min(first, second) * mean;
        const high = mean + Math.max(first, second) * (1 - mean);
        fc.pre(high - low > 1e-6);
        const chanceOfHigh = (mean - low) / (high - low);
        const process = run(past, mean);
        const expected =
          chanceOfHigh * eValue(updateEProcess(process, high)) +
          (1 - chanceOfHigh) * eValue(updateEProcess(process, low));
        expect(expected / eValue(process)).toBeCloseTo(1, 6);
      }),
    );
  });

  it('reaches 1 / alpha in at most a share alpha of worlds in which the null holds', () => {
    const random = createSeededRandom(7);
    const worlds = 2_000;
    let reached = 0;
    for (let world = 0; world < worlds; world += 1) {
      let process = createEProcess(0.5);
      let highest = 0;
      for (let step = 0; step < 200; step += 1) {
        process = updateEProcess(process, random.uniform() < 0.5 ? 0 : 1);
        highest = Math.max(highest, logEValue(process));
      }
      if (highest >= Math.log(20)) reached += 1;
    }
    // 5 % plus two standard errors of 2,000 worlds; some must reach it, or the test would be of nothing.
    expect(reached / worlds).toBeLessThanOrEqual(0.06);
    expect(reached).toBeGreaterThan(20);
  });

  it('never goes broke, whatever comes', () => {
    const process = run(
      Array.from({ length: 5_000 }, () => 0),
      0.5,
    );
    expect(Number.isFinite(logEValue(process))).toBe(true);
    expect(eValueOf(5_000)).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('goes on from its JSON exactly as if it had never stopped', () => {
    fc.assert(
      fc.property(nullMean, fc.array(value, { maxLength: 40 }), fc.nat(40), (mean, values, stop) => {
        const stored = JSON.parse(JSON.stringify(run(values.slice(0, stop), mean))) as EProcess;
        expect(values.slice(stop).reduce(heard, stored)).toEqual(run(values, mean));
      }),
    );
  });

  it('refuses values and nulls outside the unit interval', () => {
    expect(() => updateEProcess(createEProcess(0.5), 1.01)).toThrow(RangeError);
    expect(() => updateEProcess(createEProcess(0.5), Number.NaN)).toThrow(RangeError);
    expect(() => createEProcess(1)).toThrow(RangeError);
  });

  it('adds logarithms without overflow', () => {
    expect(logSumExp([1_000, 1_000])).toBeCloseTo(1_000 + Math.LN2, 9);
    expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
  });
});
