import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertCall } from '../testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';

const PROJECT = 'planned';
const AT = new Date('2026-03-04T12:00:00Z');

let testDatabase: TestDatabase;
let owner: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  owner = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
});
afterAll(async () => {
  await owner.destroy();
  await testDatabase.drop();
});

it('the planner takes answers for distinct though all that it has seen are one question asked again and again', async () => {
  for (let index = 1; index <= 50; index += 1) {
    await insertCall(owner, { project: PROJECT, index, startedAt: AT, sessionId: 'again' });
  }
  await sql`UPDATE call SET response_node = '\\x01'::bytea`.execute(owner);
  await sql`ANALYZE call_2026w10`.execute(owner);
  const { rows } = await sql<{ attname: string; distinct: number }>`
    SELECT attname, n_distinct AS distinct FROM pg_stats
    WHERE tablename = 'call_2026w10' AND attname IN ('response_node', 'session_id') ORDER BY attname`.execute(owner);
  expect(rows).toEqual([
    { attname: 'response_node', distinct: -0.5 },
    { attname: 'session_id', distinct: 1 },
  ]);
});
