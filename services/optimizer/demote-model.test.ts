import { describe, expect, it } from 'vitest';
import { type PolicyBody, policyBodySchema } from '#shared/domain/policy.ts';
import { demoteModel, weightInShape } from './demote-model.ts';

const CELL = { turnShape: '4k-multi-edit', model: 'cheap' } as const;
const route = { id: 'agents', match: { requestModel: 'claude-*' }, exploration: [], fallbacks: ['spare'] };
const bodyOf = (routes: PolicyBody['routes']): PolicyBody => ({
  schema: 1,
  turnShapeVersion: 1,
  routes,
  safeDefault: 'steady',
});
const MIXED = bodyOf([
  {
    ...route,
    targets: [
      { model: 'cheap', weight: 7_000 },
      { model: 'steady', weight: 3_000, prefixId: 'p' },
    ],
  },
]);

describe('demotion', () => {
  it('gives the weight of the bad model to the other target, in that turn shape only', () => {
    const demotion = demoteModel(MIXED, CELL, new Set());
    expect(demotion?.successors).toEqual([{ routeId: 'agents/4k-multi-edit', model: 'steady' }]);
    expect(demotion?.body.routes).toEqual([
      {
        ...route,
        id: 'agents/4k-multi-edit',
        match: { requestModel: 'claude-*', turnShape: '4k-multi-edit' },
        targets: [{ model: 'steady', weight: 10_000, prefixId: 'p' }],
      },
      MIXED.routes[0],
    ]);
    expect(policyBodySchema.safeParse(demotion?.body).success).toBe(true);
  });

  it('falls to the first fallback, else to the safe default, and passes over models known to be bad', () => {
    const alone = bodyOf([{ ...route, targets: [{ model: 'cheap', weight: 10_000 }] }]);
    expect(demoteModel(alone, CELL, new Set())?.successors[0]?.model).toBe('spare');
    expect(demoteModel(alone, CELL, new Set(['spare']))?.successors[0]?.model).toBe('steady');
    expect(demoteModel(alone, CELL, new Set(['spare', 'steady']))).toBeNull();
  });

  it('changes the route that the shape has already, and leaves the general one alone', () => {
    const once = demoteModel(MIXED, CELL, new Set());
    expect(demoteModel(once!.body, CELL, new Set())).toBeNull();
    expect(weightInShape(MIXED, CELL)).toBe(7_000);
    expect(weightInShape(once!.body, CELL)).toBe(0);
    const back = demoteModel(once!.body, { ...CELL, model: 'steady' }, new Set());
    expect(back?.body.routes.map((each) => each.id)).toEqual(['agents/4k-multi-edit', 'agents']);
    expect(back?.body.routes[0]?.targets).toEqual([{ model: 'spare', weight: 10_000 }]);
  });
});
