import { describe, expect, it } from 'vitest';
import { DRIFT_START, stepDrift } from './agreement-drift.ts';
import { calibrateJudge, type LabelledVerdict } from './calibrate-judge.ts';
import { seededUniform } from './seeded-uniform.ts';

/** Labels of a judge that passes this share of the good ones, and of the bad ones. */
function labels(count: number, passes: { readonly good: number; readonly bad: number }): LabelledVerdict[] {
  const random = seededUniform(3);
  return Array.from({ length: count }, (_none, index) => {
    const isGood = index % 2 === 0;
    const verdict = random() < (isGood ? passes.good : passes.bad) ? 1 : 0;
    return {
      ...{ sessionId: `session-${index >> 1}`, score: verdict, tokens: 8_000, truncation: 0 },
      verdict,
      label: isGood ? 1 : 0,
    };
  });
}

describe('the gate before the optimizer', () => {
  it('lets a judge through that agrees with people and passes little bad work', () => {
    const { agreement, gate, map } = calibrateJudge(labels(200, { good: 0.95, bad: 0.04 }));
    expect(gate).toEqual({ passed: true });
    expect(map.method).toBe('platt');
    expect(agreement.n).toBe(200);
    expect(agreement.sessions).toBe(100);
    expect(agreement.kappa.interval?.low).toBeGreaterThan(0.4);
    expect(agreement.sensitivity).toBeGreaterThan(0.9);
  });

  it.each([
    ['passes bad work', labels(400, { good: 1, bad: 0.2 }), /of what people failed passes/],
    ['hardly agrees', labels(200, { good: 0.4, bad: 0.02 }), /kappa may be as low as/],
    ['has too few labels', labels(30, { good: 1, bad: 0 }), /30 labels of at least 50/],
    ['was never shown bad work', labels(120, { good: 1, bad: 0 }).filter((row) => row.label === 1), /all alike/],
  ])('keeps a judge out that %s', (_case, labelled, reason) => {
    expect(calibrateJudge(labelled).gate).toEqual({ passed: false, reason: expect.stringMatching(reason) as string });
  });
});

describe('the watch over a judge', () => {
  const options = { disagreementMax: 0.1, falseAlarmsPerMonth: 0.1 };

  it('rings within a few nights of a judge that changed', () => {
    let state = DRIFT_START;
    let nights = 0;
    for (let alarm = false; !alarm && nights < 100; nights += 1) {
      const step = stepDrift(state, { anchors: 50, disagreed: nights < 20 ? 3 : 15 }, options);
      ({ state } = step);
      alarm = step.alarm;
      if (nights < 20) expect(step.alarm).toBe(false);
    }
    expect(nights).toBeLessThanOrEqual(24);
    expect(state.evidence).toEqual([]);
  });

  it('keeps to its budget of false alarms where anchors disagree as often as they may', () => {
    const random = seededUniform(12);
    const months = 400;
    let alarms = 0;
    let state = DRIFT_START;
    for (let night = 0; night < months * 30; night += 1) {
      const disagreed = Array.from({ length: 50 }, () => random()).filter((draw) => draw < 0.1).length;
      const step = stepDrift(state, { anchors: 50, disagreed }, options);
      ({ state } = step);
      if (step.alarm) alarms += 1;
    }
    expect(alarms / months).toBeLessThanOrEqual(0.1);
  });
});
