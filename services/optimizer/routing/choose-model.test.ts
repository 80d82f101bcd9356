import { describe, expect, it } from 'vitest';
import { chooseModel, expectedLosses, isCandidate, type ModelStanding } from './choose-model.ts';

const STANDARD = 0.8;

function standing(model: string, overrides: Partial<ModelStanding> = {}): ModelStanding {
  return {
    ...{ model, phase: 'proven', due: false, wasProven: true, roseElsewhere: false, setbacks: 0, logAbove: 0 },
    ...{ believed: 0.9, believedError: 0.01, recentSessions: 100, expectedCostUsd: 1, ...overrides },
  };
}

const dear = (overrides: Partial<ModelStanding> = {}) => standing('dear', { expectedCostUsd: 10, ...overrides });
const middle = (overrides: Partial<ModelStanding> = {}) => standing('middle', { expectedCostUsd: 1.3, ...overrides });

describe('the choice of a model', () => {
  it('takes the cheapest of those that are proven and surely at the bar', () => {
    expect(chooseModel('dear', [standing('cheap'), middle(), dear()], STANDARD)).toEqual({
      model: 'cheap',
      reason: 'cheaper_proven',
    });
  });

  it('leaves a proven model inside the tolerance for one that costs hardly more, and stays where the next is much dearer', () => {
    const short = standing('cheap', { believed: 0.79 });
    expect(chooseModel('cheap', [short, middle(), dear()], STANDARD).model).toBe('middle');
    expect(chooseModel('cheap', [short, dear({ expectedCostUsd: 3 })], STANDARD).model).toBe('cheap');
  });

  it('never takes what is not proven by its expected loss while a model is proven', () => {
    const hopeful = standing('cheap', { phase: 'open', believed: 0.95 });
    expect(chooseModel('dear', [hopeful, dear()], STANDARD).model).toBe('dear');
  });

  it('leaves a model below the bar, where none is proven, for the one that is believed to lose least', () => {
    const served = standing('cheap', { phase: 'below', believed: 0.5 });
    const better = middle({ phase: 'open', believed: 0.7, believedError: 0.02 });
    const best = dear({ phase: 'open', believed: 0.71, believedError: 0.02 });
    expect(chooseModel('cheap', [served, better, best], 0.71)).toEqual({
      model: 'middle',
      reason: 'best_known_while_none_proven',
    });
  });

  it('does not move between models whose expected losses are as good as equal', () => {
    const twins = [standing('one', { expectedCostUsd: 1 }), standing('two', { expectedCostUsd: 1.01 })];
    expect(chooseModel('one', twins, STANDARD).model).toBe('one');
    expect(chooseModel('two', twins, STANDARD).model).toBe('two');
  });
});

describe('the expected loss', () => {
  it('is the price above the cheapest at the bar and of what is short of it, and counts no saving below the bar', () => {
    const sure = expectedLosses([standing('cheap'), dear()], STANDARD, isCandidate);
    expect(sure.get('cheap')).toBeCloseTo(0, 6);
    expect(sure.get('dear')).toBeCloseTo(9, 6);
    const bad = expectedLosses([standing('cheap', { believed: 0.7 }), dear()], STANDARD, isCandidate);
    // A tenth of quality at three sessions on the dearest model for a unit.
    expect(bad.get('cheap')).toBeCloseTo(3 * 10 * 0.1, 6);
    expect(bad.get('dear')).toBeCloseTo(0, 6);
  });

  it('is halfway between for a model that is as likely at the bar as not', () => {
    const losses = expectedLosses([standing('cheap', { believed: STANDARD }), dear()], STANDARD, isCandidate);
    expect(losses.get('dear')).toBeCloseTo(4.5, 6);
  });
});
