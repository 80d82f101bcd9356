import { describe, expect, it } from 'vitest';
import { describePolicyDiff } from './describe-policy-diff.ts';
import type { PolicyBody } from './policy.ts';

const V1: PolicyBody = {
  schema: 1,
  turnShapeVersion: 1,
  routes: [
    {
      id: 'main',
      match: { requestModel: 'claude-*' },
      targets: [{ model: 'a', weight: 10_000 }],
      fallbacks: ['b'],
      exploration: [],
    },
  ],
  safeDefault: 'b',
};

describe('describePolicyDiff', () => {
  it('says nothing of equal bodies', () => {
    expect(describePolicyDiff(V1, structuredClone(V1))).toEqual([]);
  });

  it('tells weights, prefixes, fallbacks and the safe default one by one', () => {
    const v2: PolicyBody = {
      ...V1,
      routes: [
        {
          ...V1.routes[0]!,
          targets: [
            { model: 'a', weight: 7_500, prefixId: 'abcdef0123456789' },
            { model: 'c', weight: 2_500 },
          ],
          fallbacks: [],
        },
      ],
      safeDefault: 'a',
    };
    expect(describePolicyDiff(V1, v2)).toEqual([
      'route main: a 100 % -> 75 %',
      'route main: a prefix none -> abcdef012345',
      'route main: + c 25 %',
      'route main: fallbacks ["b"] -> []',
      'safe default: b -> a',
    ]);
  });

  it('lists every route of a first version, and those that are gone', () => {
    expect(describePolicyDiff(null, V1)).toEqual([
      '+ route main {"requestModel":"claude-*"}: a 100 %; when it fails: b',
    ]);
    const [route] = V1.routes;
    const trying = { ...V1, routes: [{ ...route!, exploration: [{ model: 'c', share: 150 }], fallbacks: [] }] };
    expect(describePolicyDiff(null, trying)).toEqual([
      '+ route main {"requestModel":"claude-*"}: a 100 %; tries: c 1.5 %',
    ]);
    expect(describePolicyDiff(V1, { ...V1, routes: [] })).toEqual(['- route main']);
  });
});
