import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { readConservation, SPOOL_QUEUE, writeSpoolCounts } from '#shared/database/conservation.ts';
import { recordDeadLetter } from '#shared/database/dead-letter-store.ts';
import { purgeCalls } from '#shared/database/purge/purge-calls.ts';
import { createLog } from '#shared/log.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createDiskEraser } from './erase-on-disk.ts';
import { offeredCallOf } from './offered-call.ts';
import { encodeRecord } from './record-payload.ts';

const PROJECT = 'default';

describe('what a gateway has set aside', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let gateway: Database;
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-erase-'));
  const folder = join(directory, 'quarantine');
  beforeAll(async () => {
    mkdirSync(folder);
    testDatabase = await createTestDatabase();
    const { connectionString } = testDatabase;
    admin = createDatabase(createPool({ connectionString, role: 'admin' }));
    gateway = createDatabase(createPool({ connectionString, role: 'gateway' }));
    await admin
      .insertInto('project')
      .values({ projectId: PROJECT, blockKey: Buffer.alloc(32, 1) })
      .execute();
  });
  afterAll(async () => {
    await admin.destroy();
    await gateway.destroy();
    await testDatabase.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is erased with its dead letter where it is meant, and counted as purged', async () => {
    const spoolId = randomUUID();
    const setAside = async (sequence: number, developer: string) => {
      const { call, ...content } = sampleCallRecord({ call: { developer } });
      const path = join(folder, `${spoolId}-${sequence}.record`);
      writeFileSync(path, encodeRecord(offeredCallOf({ call, ...content })));
      const { callId } = call;
      const letter = { projectId: PROJECT, queue: SPOOL_QUEUE, jobId: callId, callId, reason: 'refused' };
      await recordDeadLetter(admin, { ...letter, payload: { spoolId, sequence, path } }, `g/${spoolId}`);
      return path;
    };
    const meant = await setAside(1, 'ada');
    const others = await setAside(2, 'grace');
    const unreadable = join(folder, '000000000001.segment');
    const later = join(folder, '000000000002.segment');
    for (const path of [unreadable, later]) writeFileSync(path, 'damaged');
    const future = new Date(Date.now() + 3_600_000);
    utimesSync(later, future, future);
    const counts = { projectId: PROJECT, gatewayId: 'g', spoolId, dropped: 0, lostBeforeDurable: 0, pending: 0 };
    await writeSpoolCounts(admin, { ...counts, delivered: 2, spoolBytes: 0 }, 0);
    expect(await readConservation(admin, PROJECT)).toMatchObject({ deadLettered: 2, purged: 0, balances: true });

    let forgotten = 0;
    const spool = {
      forgetAcknowledged: async () => {
        forgotten += 1;
      },
    };
    const look = createDiskEraser({ database: gateway, spool, directory, log: createLog('test', 'silent') });
    await purgeCalls(admin, { projectId: PROJECT, target: { kind: 'developer', value: 'ada' }, actor: 'test' });
    expect(await look()).toBe(true);
    expect([meant, others, unreadable, later].map((path) => existsSync(path))).toEqual([false, true, false, true]);
    expect(await readConservation(admin, PROJECT)).toMatchObject({ deadLettered: 1, purged: 1, balances: true });
    expect(await look()).toBe(false);
    expect(forgotten).toBe(1);
  });
});
