import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';

describe('a pool of connections', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let others: Database;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const { connectionString } = testDatabase;
    database = createDatabase(createPool({ connectionString, role: 'gateway', poolMax: 1 }));
    others = createDatabase(createPool({ connectionString, role: 'owner', poolMax: 1 }));
  });
  afterAll(async () => {
    await Promise.all([database.destroy(), others.destroy()]);
    await testDatabase.drop();
  });

  it('loses a transaction whose connection ends between two of its queries, and nothing else', async () => {
    const errors: unknown[] = [];
    const keep = (error: unknown) => void errors.push(error);
    process.on('uncaughtExceptionMonitor', keep);
    const broken = database.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(transaction);
      await sql`SELECT pg_terminate_backend(${rows[0]?.pid})`.execute(others);
      const isGone = async () => (await connections(others, rows[0]?.pid)) === 0;
      await expect.poll(isGone, { interval: 10 }).toBe(true);
      await sql`SELECT 1`.execute(transaction);
    });
    await expect(broken).rejects.toThrow();
    const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(database);
    process.off('uncaughtExceptionMonitor', keep);
    expect(rows).toEqual([{ one: 1 }]);
    expect(errors).toEqual([]);
  });

  it('keeps no lock for a client that says nothing more in a transaction', async () => {
    const { rows } = await sql<{ seconds: number }>`
      SELECT extract(epoch FROM current_setting('idle_in_transaction_session_timeout')::interval)::int AS seconds`.execute(
      database,
    );
    expect(rows[0]?.seconds).toBeGreaterThan(0);
    expect(rows[0]?.seconds).toBeLessThanOrEqual(60);
  });
});

async function connections(database: Database, pid: number | undefined): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM pg_stat_activity WHERE pid = ${pid}`.execute(database);
  return rows[0]?.count ?? 0;
}
