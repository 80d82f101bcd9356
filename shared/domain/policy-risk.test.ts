import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyBody, PolicyRoute } from './policy.ts';
import { assessRisk, policyChange } from './policy-risk.ts';

const RULES = { isAllowed: (model: string) => model !== 'gone', weightStepMax: 0.1 };

function route(id: string, targets: Record<string, number>, change: Partial<PolicyRoute> = {}): PolicyRoute {
  return {
    ...{ id, match: { requestModel: 'claude-*' }, fallbacks: ['dear'], exploration: [] },
    targets: Object.entries(targets).map(([model, weight]) => ({ model, weight })),
    ...change,
  };
}

function body(...routes: PolicyRoute[]): PolicyBody {
  return { schema: 1, turnShapeVersion: 1, routes, safeDefault: 'dear' };
}

const BEFORE = body(route('main', { cheap: 5_000, dear: 5_000 }));
const classOf = (after: PolicyBody, before = BEFORE) => assessRisk(before, after, RULES).riskClass;

describe('the class of a change', () => {
  it('is automatic for a small step between models that the route has, and for exploration', () => {
    expect(classOf(body(route('main', { cheap: 6_000, dear: 4_000 })))).toBe('automatic');
    expect(
      classOf(body(route('main', { cheap: 5_000, dear: 5_000 }, { exploration: [{ model: 'new', share: 300 }] }))),
    ).toBe('automatic');
    expect(assessRisk(BEFORE, BEFORE, RULES)).toEqual({ risk: 'none', riskClass: 'automatic', reasons: [] });
  });

  it('is a canary for a larger step, a new model, another prefix, other fallbacks and a new rule', () => {
    expect(classOf(body(route('main', { cheap: 6_001, dear: 3_999 })))).toBe('canary');
    expect(classOf(body(route('main', { cheap: 5_000, dear: 4_900, new: 100 })))).toBe('canary');
    expect(classOf(body(route('main', { cheap: 5_000, dear: 5_000 }, { fallbacks: ['new'] })))).toBe('canary');
    const prefixed = body({
      ...route('main', {}),
      targets: [
        { model: 'cheap', weight: 5_000, prefixId: 'p' },
        { model: 'dear', weight: 5_000 },
      ],
    });
    expect(assessRisk(BEFORE, prefixed, RULES)).toMatchObject({ risk: 'prefix', riskClass: 'canary' });
    const [main] = prefixed.routes;
    const waiting = { model: 'cheap', weight: 0, prefixId: 'p' };
    const offered = body({ ...main!, targets: [{ model: 'dear', weight: 10_000 }, waiting] });
    expect(assessRisk(body(route('main', { dear: 10_000 })), offered, RULES)).toMatchObject({
      risk: 'prefix',
      riskClass: 'canary',
    });
    expect(policyChange(body(route('main', { dear: 10_000 })), offered).routes).toHaveLength(1);
    // It has had its canary: what only loses its weight, or keeps waiting, is nothing new.
    expect(assessRisk(prefixed, offered, { ...RULES, weightStepMax: 1 })).toMatchObject({ risk: 'weights' });
    expect(assessRisk(offered, offered, RULES)).toMatchObject({ risk: 'none' });
    const rule = route('team', { dear: 10_000 }, { match: { requestModel: 'claude-*', developer: 'ann' } });
    expect(classOf(body(rule, ...BEFORE.routes))).toBe('canary');
  });

  it('is for people where the safe default changes or a rule goes', () => {
    expect(classOf({ ...BEFORE, safeDefault: 'cheap' })).toBe('human');
    const rule = route('team', { dear: 10_000 }, { match: { developer: 'ann' } });
    expect(classOf(BEFORE, body(rule, ...BEFORE.routes))).toBe('human');
  });

  it('is no risk where a model only leaves because it may not be served any more', () => {
    const before = {
      ...body(route('main', { gone: 9_000, dear: 1_000 }, { fallbacks: ['gone', 'dear'] })),
      safeDefault: 'gone',
    };
    expect(classOf(body(route('main', { dear: 10_000 })), before)).toBe('automatic');
  });

  it('compares a rule for one shape with the general rule that it came out of, and back', () => {
    const shape = { requestModel: 'claude-*', turnShape: '4k-single-plan' };
    const special = route('main/4k-single-plan', { cheap: 6_000, dear: 4_000 }, { match: shape });
    const after = body(special, ...BEFORE.routes);
    expect(assessRisk(BEFORE, after, RULES)).toMatchObject({ risk: 'weights', riskClass: 'automatic' });
    expect(assessRisk(after, BEFORE, RULES)).toMatchObject({ risk: 'weights', riskClass: 'automatic' });
  });
});

const MODELS = ['cheap', 'dear', 'new'];
const anyRoute = (id: string) =>
  fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 }).map((parts) => {
    const weights = parts.map((part) => part * 50);
    const left = 10_000 - (weights[0] ?? 0) - (weights[1] ?? 0);
    return route(id, { cheap: weights[0] ?? 0, dear: weights[1] ?? 0, new: left });
  });

describe('any change', () => {
  it('is the same change against a policy in which other rules have moved on', () => {
    fc.assert(
      fc.property(anyRoute('main'), anyRoute('main'), anyRoute('other'), (before, after, other) => {
        const elsewhere = { ...other, match: { requestModel: 'gpt-*' } };
        const alone = policyChange(body(before), body(after));
        expect(policyChange(body(before, elsewhere), body(after, elsewhere))).toEqual(alone);
        expect(policyChange(body(after), body(after))).toEqual({ routes: [], safeDefault: null });
      }),
    );
  });

  it('is never automatic when it raises a weight by more than the step or brings in a model', () => {
    fc.assert(
      fc.property(anyRoute('main'), anyRoute('main'), (before, after) => {
        const weight = (each: PolicyRoute, model: string) =>
          each.targets.find((target) => target.model === model)?.weight ?? 0;
        const steps = MODELS.map((model) => weight(after, model) - weight(before, model));
        const isNew = MODELS.some((model) => weight(before, model) === 0 && weight(after, model) > 0);
        const expected = isNew || Math.max(...steps) > 1_000 ? 'canary' : 'automatic';
        expect(classOf(body(after), body(before))).toBe(expected);
      }),
    );
  });
});
