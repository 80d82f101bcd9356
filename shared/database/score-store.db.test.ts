import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidV7 } from '../domain/call-id.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { readScoringRuns, readSessionScores, recordScoring } from './score-store.ts';

/** More than a statement of PostgreSQL may have parameters. */
const CALLS = 70_000;

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await createTestDatabase();
  database = createDatabase(createPool({ connectionString: test.connectionString, role: 'evaluator' }));
});
afterAll(async () => {
  await database.destroy();
  await test.drop();
});

describe('the scores of a session that hardly ever ends', () => {
  it('are read, however many calls it has', async () => {
    const callIds = Array.from({ length: CALLS }, (_, index) => uuidV7(1_760_000_000_000 + index, randomBytes(10)));
    const run = { projectId: 'default', callId: callIds[0]!, scorerSet: 'set', pass: 'call', final: true };
    await recordScoring(database, { ...run, passed: Buffer.of(1), notApplicable: Buffer.of(0) }, []);
    expect([...(await readScoringRuns(database, 'default', callIds, 'set'))]).toEqual([
      [`${callIds[0]} call`, { final: true }],
    ]);
    expect(await readSessionScores(database, 'default', 'endless', callIds)).toEqual([]);
  });
});
