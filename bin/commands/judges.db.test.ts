import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reserveJudgeBudget, settleJudgeBudget } from '#shared/database/judge-store.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
});
afterAll(() => fixture.close());

describe('trimtab judges', () => {
  it('says that no judge was asked, and that none is configured', async () => {
    const { stdout } = await fixture.run(['judges']);
    expect(stdout).toContain('No judge was asked in that time.');
    expect(stdout).toContain('only deterministic scorers run');
  });

  it('shows what a judge cost on a day, and what of its answers was of no use', async () => {
    const at = { projectId: 'default', day: new Date().toISOString().slice(0, 10), judge: 'local/judge-1' };
    await reserveJudgeBudget(fixture.database, at, 0.5, 20);
    const counted = { repairs: 3, canaryMisses: 1, rateLimited: 2, otherModel: 4, unusable: 1 };
    await settleJudgeBudget(fixture.database, at, {
      reservedUsd: 0.5,
      spentUsd: 0.25,
      calls: 9,
      errors: 5,
      ...counted,
    });
    const { stdout } = await fixture.run(['judges']);
    expect(stdout).toMatch(/local\/judge-1\s+0\.2500\s+0\.0000\s+\S*\s+9\s+3\s+5\s+1\s+1\s+2\s+4/);
    expect(stdout).toContain('answered for by another model');
    const { ledger } = JSON.parse((await fixture.run(['judges', '--days', '1', '--json'])).stdout);
    expect(ledger).toEqual(
      [
        {
          ...at,
          projectId: undefined,
          spentUsd: 0.25,
          reservedUsd: 0,
          calls: 9,
          errors: 5,
          ...counted,
          dailyBudgetUsd: null,
        },
      ].map(({ projectId: _projectId, ...line }) => line),
    );
  });
});
