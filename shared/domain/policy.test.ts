import { describe, expect, it } from 'vitest';
import { modelsOfPolicy, policyBodySchema } from './policy.ts';

const body = {
  schema: 1,
  turnShapeVersion: 1,
  routes: [
    {
      id: 'claude',
      match: { requestModel: 'claude-*' },
      targets: [
        { model: 'a', weight: 9_000 },
        { model: 'b', weight: 1_000, prefixId: 'p1' },
      ],
      fallbacks: ['c'],
      exploration: [{ model: 'd', share: 300 }],
    },
  ],
  safeDefault: 'a',
};

const problems = (change: object) =>
  policyBodySchema.safeParse({ ...body, ...change }).error?.issues.map((i) => i.message);
const routed = (change: object) => problems({ routes: [{ ...body.routes[0], ...change }] });

describe('a policy body', () => {
  it('is taken as it is when it is whole', () => {
    expect(policyBodySchema.parse(body)).toEqual(body);
  });

  it('needs weights that sum to 10,000 on every route', () => {
    expect(routed({ targets: [{ model: 'a', weight: 9_999 }] })).toEqual(['weights sum to 9999, not 10000']);
    expect(routed({ targets: [{ model: 'a', weight: 9_999.5 }] })).toBeDefined();
    expect(routed({ targets: [] })).toBeDefined();
  });

  it('takes no two routes of one id, no model explored twice and no shares above the whole', () => {
    expect(problems({ routes: [body.routes[0], body.routes[0]] })).toEqual(['route id claude is used twice']);
    const twice = { model: 'd', share: 1 };
    expect(routed({ exploration: [twice, twice] })).toEqual(['model d is listed twice']);
    expect(
      routed({
        exploration: [
          { model: 'd', share: 9_000 },
          { model: 'e', share: 2_000 },
        ],
      }),
    ).toEqual(['shares sum to 11000']);
  });

  it('takes no fields that it does not know, since they would change its hash and nothing else', () => {
    expect(problems({ comment: 'x' })).toBeDefined();
    expect(routed({ match: { model: 'claude-*' } })).toBeDefined();
  });

  it('names every model that it could serve, once', () => {
    expect(modelsOfPolicy(policyBodySchema.parse(body))).toEqual(['a', 'b', 'c', 'd']);
  });
});
