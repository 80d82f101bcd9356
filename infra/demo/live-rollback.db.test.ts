import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { regressCanary } from '../bench/live-rollback/regress-canary.ts';

const LIMIT_MS = 300_000;

describe('a canary on the traffic of the demo', () => {
  it(
    'that is worse by twenty points is rolled back without a person',
    async () => {
      const regression = await regressCanary({ seed: 1, drop: 0.2, database: await createTestDatabase() });
      expect(regression).toMatchObject({ status: 'rolled_back', actor: expect.stringMatching(/^optimizer:/) });
      expect(regression.drop).toBeGreaterThan(0.17);
      expect(regression.drop).toBeLessThan(0.23);
      expect(regression.pairs).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
