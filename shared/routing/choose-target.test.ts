import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PolicyBody, type PolicyRoute, policyBodySchema } from '#shared/domain/policy.ts';
import { type ChooseTargetInput, chooseTarget, type RoutableModel } from './choose-target.ts';
import { matchesPattern } from './match-route.ts';
import { sessionHash } from './session-hash.ts';

const FACTS = {
  requestModel: 'claude-sonnet-4-5',
  turnShape: '4k-none-plan',
  developer: null,
  repo: null,
  project: null,
  flagged: false,
};
const ALLOW_LIST: RoutableModel[] = [
  { id: 'gpt', aliases: ['claude-haiku'] },
  { id: 'qwen', aliases: [] },
  { id: 'llama', aliases: [] },
];

const route = (overrides: Partial<PolicyRoute> = {}): PolicyRoute => ({
  id: 'claude',
  match: { requestModel: 'claude-*' },
  targets: [{ model: 'gpt', weight: 10_000 }],
  fallbacks: [],
  exploration: [],
  ...overrides,
});
const policy = (...routes: PolicyRoute[]): PolicyBody => ({
  schema: 1,
  turnShapeVersion: 1,
  routes,
  safeDefault: 'llama',
});
const choose = (overrides: Partial<ChooseTargetInput> = {}) =>
  chooseTarget({
    policy: policy(route()),
    facts: FACTS,
    variant: 'stable',
    u: 0.5,
    explorationProbability: 0.03,
    allowList: ALLOW_LIST,
    ...overrides,
  });

describe('choosing a target', () => {
  it('takes the first route that matches', () => {
    const first = route({ id: 'plan', match: { turnShape: '*-plan' }, targets: [{ model: 'qwen', weight: 10_000 }] });
    expect(choose({ policy: policy(first, route()) })).toMatchObject({ ruleId: 'plan', target: { model: 'qwen' } });
    expect(choose({ policy: policy(first, route()), facts: { ...FACTS, turnShape: '4k-none-edit' } })).toMatchObject({
      ruleId: 'claude',
    });
  });

  it('says of a route that it has seen what it says of one that it has not', () => {
    const seen = policy(
      route({
        targets: [
          { model: 'gpt', weight: 7_000 },
          { model: 'qwen', weight: 3_000 },
        ],
        fallbacks: ['llama', 'gpt', 'gone'],
        exploration: [{ model: 'llama', share: 100 }],
      }),
    );
    const lists = [ALLOW_LIST, ALLOW_LIST.slice(1), ALLOW_LIST.slice(0, 1)];
    const inputs = fc.record({
      allowList: fc.constantFrom(...lists),
      explorationProbability: fc.constantFrom(0, 0.01, 0.03),
      variant: fc.constantFrom('stable' as const, 'canary' as const, 'control' as const, 'exploration' as const),
      u: fc.double({ min: 0, max: 0.999, noNaN: true }),
      policy: fc.constantFrom({ ...seen, safeDefault: 'llama' }, { ...seen, safeDefault: 'missing' }),
    });
    fc.assert(
      fc.property(inputs, (input) => {
        expect(choose(input)).toEqual(choose({ ...input, policy: structuredClone(input.policy) }));
      }),
    );
  });

  it('matches on developer, repository, project and flag only where they are known', () => {
    const mine = route({ id: 'mine', match: { developer: 'ada', repo: 'org/*', project: 'p', flagged: true } });
    const facts = { ...FACTS, developer: 'ada', repo: 'org/x', project: 'p', flagged: true };
    const rule = (change: object) => choose({ policy: policy(mine, route()), facts: { ...facts, ...change } });
    expect(rule({})).toMatchObject({ ruleId: 'mine' });
    for (const change of [{ developer: null }, { repo: 'other/x' }, { project: 'q' }, { flagged: false }]) {
      expect(rule(change)).toMatchObject({ ruleId: 'claude' });
    }
  });

  it('serves an allow-listed model that no route takes as itself, by id or alias', () => {
    const direct = (requestModel: string) => choose({ policy: policy(), facts: { ...FACTS, requestModel } });
    expect(direct('qwen')).toMatchObject({ ruleId: 'direct', target: { model: 'qwen' }, propensity: 1, path: 'hot' });
    expect(direct('claude-haiku')).toMatchObject({ ruleId: 'direct', target: { model: 'gpt' } });
    expect(direct('gpt-6')).toEqual({
      type: 'model_not_allowed',
      requestModel: 'gpt-6',
      reason: 'unknown_model',
      dropped: [],
    });
  });

  it('gives a target its prefix, and never lists it among its own fallbacks', () => {
    const prefixed = route({
      targets: [{ model: 'gpt', weight: 10_000, prefixId: 'p1' }],
      fallbacks: ['gpt', 'qwen', 'gpt'],
    });
    expect(choose({ policy: policy(prefixed) })).toMatchObject({
      target: { model: 'gpt', prefixId: 'p1' },
      fallbacks: ['qwen'],
    });
  });

  it('drops what left the allow-list, says so, and falls back to what is left', () => {
    const stale = route({
      targets: [
        { model: 'gone', weight: 5_000 },
        { model: 'qwen', weight: 5_000 },
      ],
    });
    expect(choose({ policy: policy(stale), u: 0.01 })).toMatchObject({
      target: { model: 'qwen' },
      propensity: 1,
      dropped: ['gone'],
      path: 'hot',
    });
    const gone = route({ targets: [{ model: 'gone', weight: 10_000 }], fallbacks: ['away', 'qwen'] });
    expect(choose({ policy: policy(gone) })).toMatchObject({
      target: { model: 'qwen' },
      fallbacks: ['llama'],
      path: 'fallback',
      dropped: ['gone', 'away'],
    });
    expect(choose({ policy: policy(gone), allowList: [{ id: 'other', aliases: [] }] })).toMatchObject({
      type: 'model_not_allowed',
      reason: 'no_allowed_target',
    });
  });

  it('explores a model with the prefix that waits for it among the targets, and serves nobody else with it', () => {
    const waiting = route({
      targets: [
        { model: 'gpt', weight: 10_000 },
        { model: 'qwen', weight: 0, prefixId: 'p1' },
      ],
      exploration: [
        { model: 'claude-haiku', share: 100 },
        { model: 'qwen', share: 100 },
      ],
    });
    const tried = [0, 0.2, 0.4, 0.6, 0.8].map((u) =>
      choose({ policy: policy(waiting), variant: 'exploration', u, explorationProbability: 0.02 }),
    );
    expect(tried).toMatchObject([
      { target: { model: 'gpt' } },
      { target: { model: 'gpt' } },
      { target: { model: 'gpt' } },
      { target: { model: 'qwen', prefixId: 'p1' }, propensity: expect.closeTo(0.01, 9) },
      { target: { model: 'qwen', prefixId: 'p1' } },
    ]);
    for (const variant of ['stable', 'canary', 'control'] as const) {
      expect(choose({ policy: policy(waiting), variant, u: 0.999_999 })).toMatchObject({ target: { model: 'gpt' } });
    }
  });

  it('explores only in the exploration slice, by shares of all the sessions of the route', () => {
    const explored = route({ exploration: [{ model: 'qwen', share: 100 }] });
    const at = (variant: 'stable' | 'control' | 'canary' | 'exploration', u: number) =>
      choose({ policy: policy(explored), variant, u });
    for (const variant of ['stable', 'control', 'canary'] as const) {
      expect(at(variant, 0.001)).toMatchObject({ target: { model: 'gpt' } });
    }
    // One per cent of the sessions is a third of a slice of three per cent.
    expect(at('exploration', 0.33)).toMatchObject({ target: { model: 'qwen' }, propensity: expect.closeTo(0.01, 9) });
    expect(at('exploration', 0.34)).toMatchObject({ target: { model: 'gpt' }, propensity: expect.closeTo(0.99, 9) });
    expect(at('canary', 0.5)).toMatchObject({ propensity: 1, candidates: [{ model: 'gpt', weight: 1 }] });
  });

  it('never explores more than the slice, whatever shares a policy asks for', () => {
    const greedy = route({ exploration: [{ model: 'qwen', share: 9_000 }] });
    expect(choose({ policy: policy(greedy), variant: 'exploration', u: 0.999 })).toMatchObject({
      target: { model: 'qwen' },
      propensity: expect.closeTo(0.03, 9),
    });
  });

  it('sends sessions by weight, and every session always to the same model', () => {
    const split = policy(
      route({
        targets: [
          { model: 'gpt', weight: 7_000 },
          { model: 'qwen', weight: 3_000 },
        ],
      }),
    );
    const models = Array.from({ length: 5_000 }, (_, session) => {
      const u = sessionHash('target', 'salt', `session-${session}`);
      const choice = choose({ policy: split, u });
      expect(choose({ policy: split, u })).toEqual(choice);
      return choice.type === 'target' ? choice.target.model : '';
    });
    expect(models.filter((model) => model === 'qwen').length / 5_000).toBeCloseTo(0.3, 1);
  });
});

describe('any policy with any allow-list', () => {
  const name = fc.constantFrom('gpt', 'qwen', 'llama', 'gone', 'away', 'claude-haiku');
  const anyRoute = fc
    .record({
      match: fc.record(
        {
          requestModel: fc.constantFrom('*', 'claude-*', 'qwen'),
          turnShape: fc.constantFrom('*', '4k-*', '16k-none-edit'),
        },
        { requiredKeys: [] },
      ),
      names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      fallbacks: fc.array(name, { maxLength: 3 }),
      explored: fc.uniqueArray(name, { maxLength: 3 }),
      share: fc.nat(3_000),
    })
    .map(({ match, names, fallbacks, explored, share }) => ({
      match,
      targets: names.map((model, index) => ({
        model,
        weight: index === 0 ? 10_000 - (names.length - 1) * 1_000 : 1_000,
      })),
      fallbacks,
      exploration: explored.map((model) => ({ model, share })),
    }));
  const anyPolicy = fc
    .record({ routes: fc.array(anyRoute, { maxLength: 4 }), safeDefault: name })
    .map(({ routes, safeDefault }) =>
      policyBodySchema.parse({
        schema: 1,
        turnShapeVersion: 1,
        routes: routes.map((each, index) => ({ ...each, id: `r${index}` })),
        safeDefault,
      }),
    );
  const input = fc.record({
    policy: anyPolicy,
    facts: fc.record({
      requestModel: fc.constantFrom('claude-x', 'qwen', 'nothing', 'claude-haiku'),
      turnShape: fc.constantFrom('4k-none-plan', '16k-none-edit'),
      developer: fc.constant(null),
      repo: fc.constant(null),
      project: fc.constant(null),
      flagged: fc.boolean(),
    }),
    variant: fc.constantFrom('canary' as const, 'control' as const, 'exploration' as const, 'stable' as const),
    u: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    explorationProbability: fc.double({ min: 0, max: 1, noNaN: true }),
    allowList: fc.subarray(ALLOW_LIST),
  });

  it('never serves, tries or counts on a model that is not allow-listed', () => {
    fc.assert(
      fc.property(input, (each) => {
        const choice = chooseTarget(each);
        if (choice.type !== 'target') return;
        const ids = new Set(each.allowList.map((model) => model.id));
        const named = [
          choice.target.model,
          ...choice.fallbacks,
          ...choice.candidates.map((candidate) => candidate.model),
        ];
        expect(named.filter((model) => !ids.has(model))).toEqual([]);
        expect(choice.fallbacks).not.toContain(choice.target.model);
      }),
      { numRuns: 2_000 },
    );
  });

  it('logs chances that sum to one, and a positive one for what it served', () => {
    fc.assert(
      fc.property(input, (each) => {
        // A session cannot explore where the chance of exploring is nothing.
        fc.pre(each.variant !== 'exploration' || each.explorationProbability > 0.001);
        // Nor be served by the targets where all sessions explore.
        fc.pre(each.variant === 'exploration' || each.explorationProbability < 0.999);
        const choice = chooseTarget(each);
        if (choice.type !== 'target') return;
        expect(choice.candidates.reduce((sum, candidate) => sum + candidate.weight, 0)).toBeCloseTo(1, 9);
        expect(choice.propensity).toBeGreaterThan(0);
        expect(choice.propensity).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a pattern', () => {
  it('agrees with the regular expression it stands for', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '*'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (glob, value) => {
        const expression = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(matchesPattern(glob, value)).toBe(expression.test(value));
      }),
      { numRuns: 3_000 },
    );
  });
});
