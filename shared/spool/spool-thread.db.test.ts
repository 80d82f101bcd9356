import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { readConservation } from '#shared/database/conservation.ts';
import { loadCall } from '#shared/database/load-call.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { scanSegment } from './scan-segment.ts';
import { type SpoolThread, type SpoolThreadOptions, startSpoolThread } from './spool-thread.ts';

const ENTRY = new URL('../testing/spool-thread-entry.ts', import.meta.url);
const KILLS = 6;
const CALLS_BETWEEN_KILLS = 60;
const log = pino({ level: 'silent' });
const WITHIN = { timeout: 20_000, interval: 10 };

let testDatabase: TestDatabase;
let database: Database;
let directory: string;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
  await database
    .insertInto('project')
    .values({ projectId: 'default', blockKey: Buffer.alloc(32, 1) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
});
afterAll(async () => {
  await database.destroy();
  await testDatabase.drop();
});
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-thread-'));
  await sql`TRUNCATE call, session, block, transcript_node, dead_letter, conservation_counter, gateway_status CASCADE`.execute(
    database,
  );
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(isDraining: boolean, options: SpoolThreadOptions = {}): Promise<SpoolThread> {
  const databaseUrl = isDraining ? testDatabase.connectionString : null;
  const spool = await startSpoolThread(
    {
      ...{ directory, gatewayId: 'g1', projectId: 'default', entry: ENTRY, log, clock: Date.now },
      settings: { databaseUrl },
    },
    options,
  );
  closers.push(() => spool.close());
  return spool;
}

const samples = (count: number) => Array.from({ length: count }, () => sampleCallRecord());
const idsOf = (records: readonly CallRecord[]) => records.map(({ call }) => call.callId);
const recordsOnDisk = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.segment'))
    .flatMap((name) => scanSegment(readFileSync(join(directory, name))).frames)
    .filter(({ type }) => type === 'record');
const storedCalls = async () =>
  (await database.selectFrom('call').select('callId').orderBy('callId').execute()).map((row) => row.callId);

function serve(spool: SpoolThread, records: readonly CallRecord[]): void {
  for (const record of records) {
    spool.begin(record.call.callId);
    expect(spool.offer(record)).toBe('accepted');
  }
}

describe('a spool with a thread of its own', () => {
  it('stores what it is offered, content and all', async () => {
    const spool = await start(true);
    const records = [...samples(50), sampleCallRecord({ content: { upstreamRaw: 'x'.repeat(3_000_000) } })];
    serve(spool, records);
    await spool.flush();
    expect(spool.stats()).toMatchObject({ records: 51, dropped: 0, bufferedRecords: 0 });
    await vi.waitFor(() => expect(spool.stats().pendingRecords).toBe(0), WITHIN);
    expect(await storedCalls()).toEqual(idsOf(records));
    const last = records.at(-1)!;
    expect(await loadCall(database, 'default', last.call.callId)).toMatchObject({
      request: last.request,
      response: last.response,
      upstreamRaw: last.upstreamRaw,
    });
  });

  it('takes the bytes of a client and keeps them although the caller uses their memory again', async () => {
    const spool = await start(true);
    const { call, request } = sampleCallRecord();
    const bytes = Buffer.from(JSON.stringify(request));
    spool.begin(call.callId);
    const upstreamRaw = [Buffer.from('{"a":'), Buffer.from('1}')];
    spool.offer({ call, request: { bytes, clientFormat: 'anthropic-messages' }, response: null, upstreamRaw });
    bytes.fill(0);
    upstreamRaw[0]!.fill(0);
    await vi.waitFor(async () => expect(await storedCalls()).toHaveLength(1), WITHIN);
    const stored = await loadCall(database, 'default', call.callId);
    expect(stored).toMatchObject({ request, response: null, upstreamRaw: '{"a":1}' });
  });

  it('redacts before anything is written', async () => {
    const spool = await start(false);
    const record = sampleCallRecord({ call: { capture: 'redacted' }, content: { upstreamRaw: 'the SECRET word' } });
    serve(spool, [record]);
    await spool.flush();
    const [frame] = recordsOnDisk();
    expect(frame?.body.includes('the ****** word')).toBe(true);
    expect(readdirSync(directory).some((name) => readFileSync(join(directory, name)).includes('SECRET'))).toBe(false);
  });

  it('loses nothing and counts nothing twice when its thread dies under load, again and again', async () => {
    const spool = await start(true);
    const records: CallRecord[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const dying = spool.killThread();
      for (let turn = 0; turn < CALLS_BETWEEN_KILLS; turn += 1) {
        const [record] = samples(1);
        records.push(record!);
        serve(spool, [record!]);
        // Some die in the middle of a group, some between the store and the checkpoint.
        if (turn % 7 === kill) await new Promise((resolve) => setTimeout(resolve, kill * 3));
      }
      await dying;
      await spool.flush();
      expect(spool.stats().bufferedRecords).toBe(0);
      // In the middle of what the new thread drains.
      const more = samples(10);
      records.push(...more);
      serve(spool, more);
    }
    await spool.flush();
    await vi.waitFor(() => expect(spool.stats().pendingRecords).toBe(0), WITHIN);
    const count = KILLS * (CALLS_BETWEEN_KILLS + 10);
    expect(spool.stats()).toMatchObject({ records: count, dropped: 0, lostBeforeDurable: 0, openCalls: 0 });
    expect(await storedCalls()).toEqual(idsOf(records));
    expect(await readConservation(database, 'default')).toMatchObject({
      answered: count,
      pending: count,
      balances: true,
    });
    const { rows } = await sql`SELECT value FROM conservation_counter WHERE name = 'stored'`.execute(database);
    expect(rows).toEqual([{ value: count }]);
  });

  it('takes no call in flight for lost when its thread dies, and every one when the process does', async () => {
    const spool = await start(false);
    const open = samples(5);
    for (const { call } of open) spool.begin(call.callId);
    await spool.flush();
    await spool.killThread();
    await spool.flush();
    expect(spool.stats()).toMatchObject({ lostBeforeDurable: 0, openCalls: 5 });
    for (const record of open.slice(0, 3)) spool.offer(record);
    await spool.flush();
    expect(spool.stats()).toMatchObject({ records: 3, lostBeforeDurable: 0, openCalls: 2 });
    await spool.close();
    const next = await start(false);
    await next.flush();
    expect(next.stats()).toMatchObject({ records: 3, lostBeforeDurable: 2, openCalls: 0 });
  });

  it('says that it is full, drops the newest, counts exactly and writes nothing more', async () => {
    const bytesMax = 40_000;
    const spool = await start(false, { spoolBytesMax: bytesMax });
    let accepted = 0;
    for (let round = 0; round < 30; round += 1) {
      for (const record of samples(20)) {
        spool.begin(record.call.callId);
        if (spool.offer(record) === 'accepted') accepted += 1;
      }
      await spool.flush();
    }
    expect(spool.isFull()).toBe(true);
    const { bytes } = spool.stats();
    expect(spool.stats()).toMatchObject({ records: accepted, dropped: 600 - accepted, openCalls: 0 });
    for (const { call } of samples(200)) spool.begin(call.callId);
    await spool.flush();
    expect(spool.stats().bytes).toBe(bytes);
    expect(bytes).toBeLessThan(bytesMax * 1.1);
    await spool.killThread();
    await spool.flush();
    expect(spool.stats()).toMatchObject({ records: accepted, dropped: 600 - accepted });
    await spool.close();
    const next = await start(true, { spoolBytesMax: bytesMax });
    await vi.waitFor(() => expect(next.stats().pendingRecords).toBe(0), WITHIN);
    const expected = {
      answered: 600,
      dropped: 600 - accepted,
      pending: accepted,
      lostBeforeDurable: 0,
      balances: true,
    };
    await vi.waitFor(async () => expect(await readConservation(database, 'default')).toMatchObject(expected), WITHIN);
  });

  it('refuses a second one on its directory, and lets go of it when it is closed', async () => {
    const spool = await start(false);
    await expect(start(false)).rejects.toMatchObject({ code: 'conflict' });
    await spool.close();
    await start(false);
  });
});
