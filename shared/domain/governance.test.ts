import { describe, expect, it } from 'vitest';
import { governanceSchema } from './governance.ts';
import { rolloutSettingsOf, rolloutSettingsSchema } from './rollout.ts';

const problems = (input: object) =>
  governanceSchema.safeParse({ models: [], ...input }).error?.issues.map((issue) => issue.path.join('.'));

describe('governance', () => {
  it('is safe by default: it proposes and does not act, and exposes at most 15 % of sessions', () => {
    expect(governanceSchema.parse({ models: [] })).toMatchObject({
      weights: 'propose',
      prefixes: 'propose',
      qualityBar: 0.8,
      exploration: 0.03,
      bootstrapShare: 0,
      exposureMax: 0.15,
      rollout: { canary: 0.05, minSessions: 50, minDurationMs: 14_400_000, maxSessions: 5_000 },
    });
  });

  it('refuses names that could mean two models', () => {
    const model = { id: 'a', provider: 'x' };
    expect(problems({ models: [model, { id: 'b', provider: 'x', aliases: ['a'] }] })).toEqual(['models']);
    expect(problems({ models: [model, { id: 'b', provider: 'x', aliases: ['c'] }] })).toBeUndefined();
  });

  it('refuses to expose more than the maximum, and takes exactly the maximum', () => {
    expect(problems({ rollout: { canary: 0.1 }, exploration: 0.06 })).toEqual(['exposureMax']);
    expect(problems({ rollout: { canary: 0.1 }, exploration: 0.05 })).toBeUndefined();
  });

  it('refuses rollouts that could never end in a promotion', () => {
    expect(problems({ rollout: { maxSessions: 10 } })).toEqual(['rollout.maxSessions']);
    expect(problems({ rollout: { maxDurationMs: 1 } })).toEqual(['rollout.maxDurationMs']);
  });

  it('refuses a misspelt setting instead of taking its default', () => {
    expect(problems({ qualitybar: 0.9 })).toBeDefined();
  });

  it('gives a rollout complete settings', () => {
    const settings = rolloutSettingsOf(governanceSchema.parse({ models: [] }));
    expect(rolloutSettingsSchema.parse(settings)).toEqual(settings);
    expect(settings).toMatchObject({ alphaRollBack: 0.01, alphaPromote: 0.05, nonInferiorityMargin: 0.03 });
  });
});
