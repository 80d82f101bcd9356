import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '#shared/domain/call-record.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { nodeSpoolFiles } from './node-spool-files.ts';
import { recordOfOffer } from './offered-call.ts';
import { openSpool, type SpoolDeps, type SpoolOptions } from './open-spool.ts';
import { decodeRecord } from './record-payload.ts';
import type { Spool } from './spool.ts';
import type { SpoolFiles } from './spool-files.ts';

const log = pino({ level: 'silent' });
let directory: string;
const opened: Spool[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-spool-'));
});
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(change: Partial<SpoolDeps> = {}, options: SpoolOptions = {}): Promise<Spool> {
  const spool = await openSpool({ directory, gatewayId: 'g1', log, clock: Date.now, ...change }, options);
  opened.push(spool);
  return spool;
}

function serve(spool: Spool, records: readonly CallRecord[]): void {
  for (const record of records) {
    spool.begin(record.call.callId, record.call.projectId);
    spool.offer(record);
  }
}

/** Everything left in the spool, acknowledged on the way. */
async function drain(spool: Spool): Promise<CallRecord[]> {
  const records: CallRecord[] = [];
  for (let batch = await spool.nextBatch(); batch !== null; batch = await spool.nextBatch()) {
    for (const frame of batch.records) {
      const decoded = await decodeRecord(frame.body);
      if (decoded.type === 'record') records.push(recordOfOffer(decoded.offered));
    }
    await spool.acknowledge(batch);
  }
  return records;
}

const samples = (count: number) => Array.from({ length: count }, () => sampleCallRecord());
const segments = () => readdirSync(directory).filter((name) => name.endsWith('.segment'));

describe('the spool', () => {
  it('gives back what was offered, in order and whole, after a restart', async () => {
    const hostile = sampleCallRecord({ content: { upstreamRaw: `\u0000 \ud800 ${'x'.repeat(300_000)}` } });
    const records = [...samples(20), hostile, ...samples(20)];
    const first = await open();
    serve(first, records);
    await first.close();
    expect(await drain(await open())).toEqual(records);
  });

  it('repeats a batch until it is acknowledged, and not after', async () => {
    const records = samples(3);
    const first = await open();
    serve(first, records);
    await first.flush();
    expect((await first.nextBatch())?.records).toHaveLength(3);
    expect((await first.nextBatch())?.records).toHaveLength(3);
    await first.close();
    const second = await open();
    expect(await drain(second)).toEqual(records);
    await second.close();
    expect(await (await open()).nextBatch()).toBeNull();
  });

  it('removes segments that are done with, and counts over them for ever', async () => {
    const first = await open({}, { segmentBytesMax: 4_096 });
    for (let round = 0; round < 5; round += 1) {
      serve(first, samples(10));
      await first.flush();
    }
    expect(segments().length).toBeGreaterThan(2);
    expect(await drain(first)).toHaveLength(50);
    expect(segments()).toHaveLength(1);
    await first.close();
    const second = await open();
    serve(second, samples(1));
    await second.flush();
    expect(second.stats()).toMatchObject({ records: 51, pendingRecords: 1, dropped: 0, lostBeforeDurable: 0 });
  });

  it('counts calls that were begun and never finished as lost, exactly once', async () => {
    const first = await open();
    serve(first, samples(2));
    for (const { call } of samples(3)) first.begin(call.callId, 'default');
    await first.close();
    for (let restart = 0; restart < 3; restart += 1) {
      const spool = await open();
      await spool.flush();
      expect(spool.stats()).toMatchObject({ records: 2, lostBeforeDurable: 3, openCalls: 0 });
      await drain(spool);
      await spool.close();
    }
  });

  it('remembers calls in flight whose begin marker is in a segment that is gone', async () => {
    const first = await open({}, { segmentBytesMax: 1_000 });
    const open1 = sampleCallRecord();
    first.begin(open1.call.callId, 'default');
    serve(first, samples(5));
    await first.flush();
    serve(first, samples(5));
    await first.flush();
    await drain(first);
    expect(segments()).toHaveLength(1);
    await first.close();
    const second = await open();
    await second.flush();
    expect(second.stats()).toMatchObject({ records: 10, lostBeforeDurable: 1 });
  });

  it('drops the newest when it is full, and counts every drop durably', async () => {
    const spool = await open({}, { spoolBytesMax: 20_000 });
    const outcomes: string[] = [];
    for (const record of samples(100)) {
      spool.begin(record.call.callId, 'default');
      outcomes.push(spool.offer(record));
      await spool.flush();
    }
    const dropped = outcomes.filter((outcome) => outcome === 'dropped').length;
    expect(dropped).toBeGreaterThan(0);
    expect(outcomes.slice(0, 5)).not.toContain('dropped');
    expect(spool.stats()).toMatchObject({ records: 100 - dropped, dropped, openCalls: 0 });
    await spool.close();
    const second = await open({}, { spoolBytesMax: 20_000 });
    expect(second.stats()).toMatchObject({ records: 100 - dropped, dropped, lostBeforeDurable: 0 });
    await drain(second);
    serve(second, samples(1));
    await second.flush();
    expect(second.stats().records).toBe(101 - dropped);
  });

  it('bounds what waits in memory', async () => {
    const spool = await open({}, { ringRecordsMax: 8 });
    const outcomes = samples(20).map((record) => {
      spool.begin(record.call.callId, 'default');
      return spool.offer(record);
    });
    await spool.flush();
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(8);
    expect(spool.stats()).toMatchObject({ records: 8, dropped: 12, openCalls: 0 });
    expect(await drain(spool)).toHaveLength(8);
  });

  it('refuses to be opened twice, and is free again once closed', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'conflict' });
    await first.close();
    await expect(open()).resolves.toBeDefined();
  });

  it('is free again after its owner was killed', async () => {
    await (await open()).close();
    writeFileSync(join(directory, 'owner'), '999999999 12345');
    await expect(open()).resolves.toBeDefined();
  });
});

describe('the spool after a crash of the disk', () => {
  async function writeSegment(records: readonly CallRecord[]): Promise<string> {
    const spool = await open();
    serve(spool, records);
    await spool.close();
    return join(directory, segments()[0]!);
  }

  it('cuts a torn tail wherever it is torn, and counts the call of the torn record as lost', async () => {
    const records = samples(3);
    const path = await writeSegment(records);
    const whole = readFileSync(path);
    for (let cut = 1; cut < 400; cut += 23) {
      truncateSync(path, whole.length - cut);
      const spool = await open();
      const kept = await drain(spool);
      await spool.flush();
      expect(kept).toEqual(records.slice(0, kept.length));
      expect(spool.stats().records + spool.stats().lostBeforeDurable).toBe(3);
      expect(spool.stats().lostBeforeDurable).toBeGreaterThan(0);
      await spool.close();
      rmSync(directory, { recursive: true });
      await (await open()).close();
      writeFileSync(path, whole);
    }
  });

  it('ignores what a torn write left behind the last frame, and appends nothing to it', async () => {
    const records = samples(2);
    const path = await writeSegment(records);
    const length = readFileSync(path).length;
    appendFileSync(path, Buffer.from([0x89, 0x54, 0x53, 0x50, 1, 2, 3]));
    const spool = await open();
    expect(readFileSync(path)).toHaveLength(length);
    serve(spool, samples(1));
    await spool.flush();
    expect(await drain(spool)).toHaveLength(3);
  });

  it('keeps a segment with a changed byte in quarantine, and every other record of it', async () => {
    const records = samples(5);
    const path = await writeSegment(records);
    const bytes = readFileSync(path);
    const at = bytes.length - Math.floor(bytes.length / 3);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
    const spool = await open();
    const kept = await drain(spool);
    expect(kept).toHaveLength(4);
    expect(spool.stats().damagedPlaces).toBe(2);
    serve(spool, samples(1));
    await spool.flush();
    await drain(spool);
    expect(readdirSync(join(directory, 'quarantine'))).toHaveLength(1);
    expect(spool.stats()).toMatchObject({ records: 5, lostBeforeDurable: 1 });
  });

  it('starts over from its segments when the checkpoint is unreadable', async () => {
    const first = await open();
    serve(first, samples(4));
    await first.flush();
    const batch = await first.nextBatch();
    await first.acknowledge(batch!);
    const { spoolId } = first;
    await first.close();
    writeFileSync(join(directory, 'checkpoint.json'), '{');
    const second = await open();
    expect(second.spoolId).not.toBe(spoolId);
    expect(await drain(second)).toHaveLength(4);
  });
});

describe('the spool on a disk that fails', () => {
  /** Fails the next `count` operations of one kind. */
  function failing(kind: 'append' | 'sync', count: () => number): SpoolFiles {
    return {
      ...nodeSpoolFiles,
      async createAppend(path) {
        const file = await nodeSpoolFiles.createAppend(path);
        const guarded = (work: () => Promise<void>, name: string) =>
          name === kind && path.endsWith('.segment') && count() > 0 ? Promise.reject(new Error(`no ${name}`)) : work();
        return {
          append: (buffers) => guarded(() => file.append(buffers), 'append'),
          sync: () => guarded(() => file.sync(), 'sync'),
          close: () => file.close(),
        };
      },
    };
  }

  it.each(['append', 'sync'] as const)('abandons the segment when %s fails, and loses nothing', async (kind) => {
    let failures = 0;
    const files = failing(kind, () => failures--);
    const spool = await open({ files, delay: async () => {} });
    const before = samples(2);
    serve(spool, before);
    await spool.flush();
    const segment = segments()[0];
    failures = 3;
    const after = samples(3);
    serve(spool, after);
    await spool.flush();
    expect(spool.stats()).toMatchObject({ writeFailures: 3, records: 5, dropped: 0 });
    expect(segments()[0]).toBe(segment);
    expect(segments()).toHaveLength(2);
    expect(await drain(spool)).toEqual([...before, ...after]);
  });

  it('counts a group once that a failed sync had written after all', async () => {
    let failures = 0;
    const spool = await open({ files: failing('sync', () => failures--), delay: async () => {} });
    serve(spool, samples(1));
    await spool.flush();
    failures = 1;
    const records = samples(3);
    serve(spool, records);
    await spool.close();
    // Both segments now hold the group: the abandoned one, whose bytes reached the disk, and the new one.
    const second = await open();
    await second.flush();
    expect(second.stats()).toMatchObject({ records: 4, lostBeforeDurable: 0 });
    expect(await drain(second)).toHaveLength(4);
  });

  it('serves on while the disk takes nothing, and counts what it had to drop', async () => {
    let isDown = true;
    const waits: (() => void)[] = [];
    const spool = await open(
      {
        files: failing('append', () => (isDown ? 1 : 0)),
        delay: () => new Promise((resolve) => waits.push(resolve)),
      },
      { ringRecordsMax: 10 },
    );
    for (const record of samples(200)) {
      spool.begin(record.call.callId, 'default');
      spool.offer(record);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(spool.stats().records).toBe(0);
    isDown = false;
    const flushed = spool.flush();
    for (const resolve of waits.splice(0)) resolve();
    await flushed;
    const { records, dropped, openCalls } = spool.stats();
    expect({ sum: records + dropped, openCalls }).toEqual({ sum: 200, openCalls: 0 });
    expect(await drain(spool)).toHaveLength(records);
    await spool.close();
  });
});
