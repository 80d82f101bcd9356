import { describe, expect, it } from 'vitest';
import type { PolicyTarget } from '#shared/domain/policy.ts';
import type { ModelStanding } from './choose-model.ts';
import { moveWeight, withoutModels } from './move-weight.ts';
import { planRoute } from './plan-route.ts';

const PREFIXED: PolicyTarget = { model: 'cheap', weight: 10_000, prefixId: 'p' };
const RULES = { weightStepMax: 1, exploration: 0.03, bootstrapShare: 0, standard: 0.8, isHeldBack: () => false };

function standing(model: string, change: Partial<ModelStanding> = {}): ModelStanding {
  const cost = model === 'cheap' ? 1 : 5;
  return {
    ...{ model, phase: 'proven', due: false, wasProven: true, roseElsewhere: false, setbacks: 0, logAbove: 0 },
    ...{ believed: 0.9, believedError: 0.02, recentSessions: 50, expectedCostUsd: cost },
    ...change,
  };
}

describe('the prefix of a model that loses its weight', () => {
  const gone = moveWeight([PREFIXED], { aim: new Map([['dear', 10_000]]), dropped: new Set(['cheap']), stepMax: 1 });

  it('waits without weight, and is there again when the model comes back', () => {
    expect(gone).toEqual([
      { ...PREFIXED, weight: 0 },
      { model: 'dear', weight: 10_000 },
    ]);
    const back = moveWeight(gone, { aim: new Map([['cheap', 10_000]]), dropped: new Set(), stepMax: 4_000 });
    expect(back).toEqual([
      { ...PREFIXED, weight: 4_000 },
      { model: 'dear', weight: 6_000 },
    ]);
  });

  it('does not wait beside a target of the same model that is served', () => {
    const targets = [
      { ...PREFIXED, weight: 2_000 },
      { model: 'cheap', weight: 8_000 },
    ];
    const moved = moveWeight(targets, {
      aim: new Map([
        ['cheap', 8_000],
        ['dear', 2_000],
      ]),
      dropped: new Set(),
      stepMax: 2_000,
    });
    expect(moved).toEqual([
      { model: 'cheap', weight: 8_000 },
      { model: 'dear', weight: 2_000 },
    ]);
  });

  it('goes with a model that leaves the allow-list, and nothing is served for want of weight', () => {
    expect(withoutModels(gone, () => true, 'safe')).toEqual(gone);
    expect(withoutModels(gone, (model) => model !== 'cheap', 'safe')).toEqual([{ model: 'dear', weight: 10_000 }]);
    expect(withoutModels(gone, (model) => model !== 'dear', 'safe')).toEqual([{ model: 'safe', weight: 10_000 }]);
  });

  it('is no target that a route serves: what serves it stays while the model is on its way back', () => {
    const plan = planRoute(gone, [standing('cheap', { phase: 'returning' }), standing('dear')], RULES);
    expect(plan).toMatchObject({
      chosenModel: 'dear',
      targets: [{ model: 'cheap', prefixId: 'p' }, { model: 'dear' }],
    });
  });

  it('is given up when the model fails with it again and again', () => {
    const keptAfter = (setbacks: number) =>
      planRoute(gone, [standing('cheap', { phase: 'below', setbacks }), standing('dear')], RULES).targets;
    expect(keptAfter(20)).toEqual(gone);
    expect(keptAfter(21)).toEqual([{ model: 'dear', weight: 10_000 }]);
    const never = standing('cheap', { phase: 'below', wasProven: false, setbacks: 21 });
    expect(planRoute(gone, [never, standing('dear')], RULES).targets).toEqual(gone);
  });
});
