import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { FrameRing } from './frame-ring.ts';
import { nodeSpoolFiles } from './node-spool-files.ts';
import { offeredCallOf } from './offered-call.ts';
import type { SpoolFiles } from './spool-files.ts';
import { SpoolInlet } from './spool-inlet.ts';
import { openSpoolStore, type SpoolStore } from './spool-store.ts';

const log = pino({ level: 'silent' });
const NEVER = new Promise<never>(() => {});
const WITHIN = { timeout: 10_000, interval: 5 };
let directory: string;
let ring: FrameRing;
let store: SpoolStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-store-'));
  ring = FrameRing.create(1_000_000);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

const inletOf = (spoolBytesMax: number) =>
  new SpoolInlet({ ring, wake: () => store.wake(), log }, { spoolBytesMax, ringRecordsMax: 1_000 });
const open = async (files: SpoolFiles, inFlight?: readonly string[]) =>
  openSpoolStore(
    { directory, gatewayId: 'g', ring: new FrameRing(ring.shared), log, clock: Date.now, files },
    inFlight === undefined ? {} : { inFlight },
  );

/** The first thread's disk does as it is told, and the thread hears no more of it: as if it had died that moment. */
function deafAfter(hasHappened: () => void, operation: 'sync' | 'rename'): SpoolFiles {
  return {
    ...nodeSpoolFiles,
    async rename(from, to) {
      await nodeSpoolFiles.rename(from, to);
      if (operation === 'sync') return;
      hasHappened();
      await NEVER;
    },
    async createAppend(path) {
      const file = await nodeSpoolFiles.createAppend(path);
      if (operation !== 'sync' || !path.endsWith('.segment')) return file;
      return {
        ...file,
        async sync() {
          await file.sync();
          hasHappened();
          await NEVER;
        },
      };
    },
  };
}

async function recordsOf(from: SpoolStore): Promise<string[]> {
  const ids: string[] = [];
  for (let batch = await from.nextBatch(); batch !== null; batch = await from.nextBatch()) {
    ids.push(...batch.records.map(({ callId }) => callId));
    await from.acknowledge(batch);
  }
  return ids;
}

describe('what is looked at before its turn', () => {
  it('comes again in its turn, as it was, and never before it', async () => {
    ring = FrameRing.create(20_000_000);
    store = await open(nodeSpoolFiles);
    const inlet = inletOf(Number.POSITIVE_INFINITY);
    const offers = Array.from({ length: 450 }, () => offeredCallOf(sampleCallRecord()));
    for (const offer of offers) inlet.offer(offer);
    await store.flushed(ring.ticket);
    const first = await store.nextBatch();
    const ahead = await store.ahead(first!);
    // The first batch could not be delivered: it comes again, whatever was looked at behind it.
    expect((await store.nextBatch())?.records).toEqual(first?.records);
    const aheadAgain = await store.ahead(first!);
    expect(aheadAgain).toEqual(ahead);
    await store.acknowledge(first!);
    const second = await store.nextBatch();
    expect(second?.records.every((frame, index) => frame === aheadAgain[index])).toBe(true);
    expect((await store.nextBatch())?.records).toEqual(second?.records);
    expect(await recordsOf(store)).toEqual(offers.slice(first?.records.length).map(({ call }) => call.callId));
  });
});

describe('a store that follows one which died', () => {
  it('asks the drainer to wait in a burst, and not once the burst has become the usual load', async () => {
    let nowMs = 0;
    const deps = { directory, gatewayId: 'g', ring: new FrameRing(ring.shared), log, clock: () => nowMs };
    store = await openSpoolStore(deps, {});
    const pressedAt = (atMs: number, busy: number) => {
      nowMs = atMs;
      ring.busy = busy;
      return store.isPressed();
    };
    const looks = [pressedAt(0, 0.2), pressedAt(1_000, 0.9), pressedAt(10_900, 0.9), pressedAt(11_000, 0.9)];
    expect(looks).toEqual([false, true, true, false]);
    expect([pressedAt(12_000, 0.1), pressedAt(13_000, 0.6)]).toEqual([false, true]);
  });

  it('writes nothing again that is on the disk already, and everything else', async () => {
    const died = vi.fn();
    store = await open(deafAfter(died, 'sync'));
    const inlet = inletOf(Number.POSITIVE_INFINITY);
    const offers = Array.from({ length: 6 }, () => offeredCallOf(sampleCallRecord()));
    for (const { call } of offers) inlet.begin(call.callId, 'default');
    for (const offer of offers.slice(0, 3)) inlet.offer(offer);
    await vi.waitFor(() => expect(died).toHaveBeenCalled(), WITHIN);
    expect(ring.recordsWaiting).toBe(3);
    for (const offer of offers.slice(3, 5)) inlet.offer(offer);
    ring.recount();
    store = await open(nodeSpoolFiles, inlet.unfinishedCalls);
    await store.flushed(ring.ticket);
    expect(store.totals().durable.get('default')).toEqual({ records: 5, dropped: 0, lost: 0 });
    expect(await recordsOf(store)).toEqual(offers.slice(0, 5).map(({ call }) => call.callId));
    expect(ring.recordsWaiting).toBe(0);
  });

  it('counts drops once whose count was on the disk already', async () => {
    store = await open(nodeSpoolFiles);
    await store.close();
    const died = vi.fn();
    store = await open(deafAfter(died, 'rename'));
    const inlet = inletOf(1);
    for (const record of Array.from({ length: 7 }, () => sampleCallRecord())) {
      inlet.begin(record.call.callId, 'default');
      inlet.offer(offeredCallOf(record));
    }
    expect(inlet.sendDrops()).toBe(true);
    await vi.waitFor(() => expect(died).toHaveBeenCalled(), WITHIN);
    ring.recount();
    store = await open(nodeSpoolFiles, inlet.unfinishedCalls);
    await store.flushed(ring.ticket);
    const { durable, drained } = store.totals();
    // The first call was begun before anything was full: its drop is a frame, and nobody has read that yet.
    expect([durable, drained].map((totals) => totals.get('default')?.dropped)).toEqual([7, 6]);
  });
});
