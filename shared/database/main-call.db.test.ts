import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleCallRecord } from '../testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createCallStore } from './call-store.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { readSessionCells } from './estimation-store.ts';
import { readLoggedSessions } from './logged-session-store.ts';
import { readReportRows } from './report-store.ts';

const HOUR_MS = 3_600_000;
const PROJECT = 'default';
const NOW = Date.UTC(2026, 0, 7, 12);
const ASIDE = { requestModel: 'small', turnShape: '4k-none-plan', propensity: 1 } as const;
const WORK = { requestModel: 'large', turnShape: '16k-multi-plan', propensity: 0.03 } as const;

describe('a session that began with a side question', () => {
  let testDatabase: TestDatabase;
  let owner: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const { connectionString } = testDatabase;
    owner = createDatabase(createPool({ connectionString, role: 'owner' }));
    await owner
      .insertInto('project')
      .values({ projectId: PROJECT, blockKey: Buffer.alloc(32, 1) })
      .execute();
    const records = [ASIDE, WORK, ASIDE].map((change, index) =>
      sampleCallRecord({
        call: {
          ...{ projectId: PROJECT, sessionId: 'agent', attempts: [], responseModel: null, variant: 'stable' },
          ...{ ...change, startedAt: NOW - HOUR_MS + index * 1_000 },
        },
      }),
    );
    await createCallStore(owner).store(records);
    const [closedAt, qualityAt] = [new Date(NOW), new Date(NOW)];
    await owner.updateTable('session').set({ quality: 0.5, qualityAt, firstScoredAt: qualityAt, closedAt }).execute();
  });
  afterAll(async () => {
    await owner.destroy();
    await testDatabase.drop();
  });

  const window = { since: new Date(NOW - 24 * HOUR_MS), asOf: new Date(NOW + HOUR_MS), drifts: [] };

  it('is evidence of the model that did the work, in the shape of the work, at the chance that it was chosen with', async () => {
    const cells = await readSessionCells(owner, PROJECT, { ...window, sessionsPerCellMax: 10 });
    expect(cells).toHaveLength(1);
    expect(cells[0]).toMatchObject({ turnShape: WORK.turnShape, model: 'large', sessions: [{ propensity: 0.03 }] });
    // Three calls of twenty: what was asked aside is paid for as well.
    expect(cells[0]?.tokens).toMatchObject({ sessions: 1, inputTokens: 60 });
  });

  it('is logged with the choice that was made for the work', async () => {
    const logged = await readLoggedSessions(owner, PROJECT, window);
    expect(logged).toEqual([
      expect.objectContaining({ requestModel: 'large', model: 'large', turnShape: WORK.turnShape, propensity: 0.03 }),
    ]);
  });

  it('is reported under what the work asked for', async () => {
    const rows = await readReportRows(owner, PROJECT, { since: window.since, until: window.asOf });
    expect(rows).toEqual([
      expect.objectContaining({ requestModel: 'large', model: 'large', turnShape: WORK.turnShape, sessions: 1 }),
    ]);
  });
});
