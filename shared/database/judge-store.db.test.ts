import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { reserveJudgeBudget, settleJudgeBudget } from './judge-store.ts';

const CALLS = { calls: 1, errors: 0 };

describe('the budget of a judge', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'evaluator' }));
  });
  afterAll(async () => {
    await database.destroy();
    await testDatabase.drop();
  });

  const at = (day: string) => ({ projectId: 'default', day, judge: 'local/judge-1' });
  const read = (day: string) =>
    database.selectFrom('judgeSpend').selectAll().where('day', '=', day).executeTakeFirstOrThrow();

  it('lets no more through than there is, however many ask at once', async () => {
    const asked = Array.from({ length: 20 }, () => reserveJudgeBudget(database, at('2026-01-01'), 1, 3.5));
    const granted = (await Promise.all(asked)).filter(Boolean);
    expect(granted).toHaveLength(3);
    expect((await read('2026-01-01')).reservedUsd).toBe(3);
  });

  it('refuses what the whole budget cannot pay, on a day without any spending', async () => {
    expect(await reserveJudgeBudget(database, at('2026-01-02'), 5, 3.5)).toBe(false);
    expect(await reserveJudgeBudget(database, at('2026-01-02'), 3.5, 3.5)).toBe(true);
  });

  it('gives back what a judgement did not cost', async () => {
    const day = at('2026-01-03');
    expect(await reserveJudgeBudget(database, day, 3, 3.5)).toBe(true);
    expect(await reserveJudgeBudget(database, day, 3, 3.5)).toBe(false);
    await settleJudgeBudget(database, day, { ...CALLS, reservedUsd: 3, spentUsd: 0.5 });
    expect(await read('2026-01-03')).toMatchObject({ reservedUsd: 0, spentUsd: 0.5, calls: 1, errors: 0 });
    expect(await reserveJudgeBudget(database, day, 3, 3.5)).toBe(true);
    expect(await reserveJudgeBudget(database, day, 0.1, 3.5)).toBe(false);
  });

  it('begins anew every day', async () => {
    expect(await reserveJudgeBudget(database, at('2026-01-04'), 3, 3.5)).toBe(true);
    expect(await reserveJudgeBudget(database, at('2026-01-05'), 3, 3.5)).toBe(true);
  });
});
