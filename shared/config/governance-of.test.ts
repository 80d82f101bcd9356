import { expect, it } from 'vitest';
import { governanceSchema } from '../domain/governance.ts';
import { configSchema } from './config-schema.ts';
import { governanceOf } from './governance-of.ts';

it('says by default what governance says by default', () => {
  expect(governanceOf(configSchema.parse({}))).toEqual(governanceSchema.parse({ models: [] }));
});

it('carries every setting of the governance section over', () => {
  const config = configSchema.parse({
    models: [{ id: 'a', provider: 'p', aliases: ['b'], price: { input: 1, output: 2, cacheRead: 0.1 } }],
    governance: {
      qualityBar: 0.7,
      weights: 'automatic',
      rollout: { canary: 0.1, minDuration: '1s', maxDuration: '2h' },
      session: { idle: '5s' },
      alarm: { falseAlarmsPerMonth: 2 },
      alphas: { rollBack: 0.02 },
    },
  });
  expect(governanceOf(config)).toMatchObject({
    models: [{ id: 'a', aliases: ['b'], price: { input: 1, output: 2, cacheRead: 0.1 } }],
    qualityBar: 0.7,
    weights: 'automatic',
    rollout: { canary: 0.1, minDurationMs: 1_000, maxDurationMs: 7_200_000 },
    session: { idleMs: 5_000 },
    alarm: { falseAlarmsPerMonth: 2 },
    alphas: { rollBack: 0.02, promote: 0.05 },
  });
});
