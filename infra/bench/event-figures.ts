import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { readConservation } from '#shared/database/conservation.ts';
import { migrateAll } from '#shared/database/migrate.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Log } from '#shared/log.ts';
import { recordOfOffer } from '#shared/spool/offered-call.ts';
import { type SpoolThread, startSpoolThread } from '#shared/spool/spool-thread.ts';
import { createEventSessions, type EventSessions } from './event-sessions.ts';
import { fairnessFigures } from './fairness-figures.ts';
import { storedBytes } from './stored-bytes.ts';

/** A measured figure; one without a bar is there to be known. */
export interface EventFigure {
  readonly id: string;
  readonly value: number;
  readonly op: '<=' | '>=';
  readonly bar: number | null;
  readonly pass: boolean | null;
  readonly n: number;
}

interface BenchDeps {
  readonly databaseUrl: string;
  readonly directory: string;
  readonly log: Log;
}

interface Bench {
  readonly spool: SpoolThread;
  readonly sessions: EventSessions;
  readonly database: Database;
  readonly isQuick: boolean;
}

const SEED = 20_261_123;
const KILOBYTE = 1_000;
const SMALL_BYTES = 20 * KILOBYTE;
const LARGE_BYTES = 107 * KILOBYTE;
/** Calls a second that a drain rate is held against. */
const NORMAL_RATE = 200;
/** Processor time of the thread that serves calls, for one. */
const MAIN_US_MAX = 60;
const BURST_FACTOR = 10;
const SESSION_CALLS = 20;
const POLL_MS = 2;
const SETTLE_DEADLINE_MS = 300_000;

/** Every figure of the event path, one after the other, in one database. */
export async function eventFigures(
  deps: BenchDeps,
  options: { readonly isQuick: boolean },
): Promise<readonly EventFigure[]> {
  const { databaseUrl, directory, log } = deps;
  await migrateAll(databaseUrl);
  const database = createDatabase(createPool({ connectionString: databaseUrl, role: 'owner' }));
  await database
    .insertInto('project')
    .values({ projectId: 'default', blockKey: Buffer.alloc(32, 7) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const spool = await startSpoolThread({
    directory: join(directory, 'spool'),
    ...{ gatewayId: 'bench', projectId: 'default', log, clock: Date.now },
    entry: new URL('../../services/gateway/spool-thread/main.ts', import.meta.url),
    settings: { databaseUrl, logLevel: 'warn' },
  });
  const bench: Bench = { spool, sessions: createEventSessions(SEED), database, ...options };
  try {
    const figures = [
      // Before any other: those leave jobs behind that nobody takes.
      ...(await fairnessFigures({ ...bench, databaseUrl, log }, options)),
      ...(await storageFigures(bench)),
      ...(await processorFigures(bench)),
      ...(await durabilityFigures(bench)),
      ...(await drainFigures(bench)),
      ...(await burstFigures(bench)),
    ];
    const { difference } = await readConservation(database, 'default');
    return [...figures, figureOf('conservation_difference', difference, '<=', 0, figures.length)];
  } finally {
    await spool.close();
    await database.destroy();
  }
}

/** Processor time of a call, after a first lot that warms everything up. */
async function processorFigures(bench: Bench): Promise<EventFigure[]> {
  const { sessions, isQuick } = bench;
  const count = isQuick ? 200 : 600;
  const figures: EventFigure[] = [];
  for (const [name, bytes] of [
    ['20kb', SMALL_BYTES],
    ['107kb', LARGE_BYTES],
  ] as const) {
    const repeated = () => Array.from({ length: count / SESSION_CALLS }, () => sessions.session(SESSION_CALLS, bytes));
    const kinds = {
      fresh: () => Array.from({ length: count }, () => [sessions.fresh(bytes)]),
      repeated,
    };
    for (const [kind, make] of Object.entries(kinds)) {
      await measureProcessor(bench, interleave(make()));
      const { perCallUs, mainUs } = await measureProcessor(bench, interleave(make()));
      figures.push(known(`cpu_us_${name}_${kind}`, perCallUs, count));
      if (kind === 'repeated') figures.push(figureOf(`main_us_${name}`, mainUs, '<=', MAIN_US_MAX, count));
    }
  }
  return figures;
}

async function measureProcessor(
  bench: Bench,
  calls: readonly OfferedCall[],
): Promise<{ readonly perCallUs: number; readonly mainUs: number }> {
  const before = process.cpuUsage();
  const mainMs = await offerAt(bench.spool, calls, NORMAL_RATE);
  await settled(bench.spool);
  const used = process.cpuUsage(before);
  return { perCallUs: (used.user + used.system) / calls.length, mainUs: (mainMs * 1_000) / calls.length };
}

/** From the hand-over of a call to its record on the disk, at the normal rate; seen to the millisecond. */
async function durabilityFigures({ spool, sessions, isQuick }: Bench): Promise<EventFigure[]> {
  const calls = sessions.session(isQuick ? 200 : 1_000, SMALL_BYTES);
  const waits: number[] = [];
  for (const call of calls) {
    const isDurable = spool.stats().records + 1;
    spool.begin(call.call.callId);
    const startedAt = performance.now();
    spool.offer(call);
    while (spool.stats().records < isDurable) await nextTurn();
    waits.push(performance.now() - startedAt);
    await delay(Math.max(1, 1_000 / NORMAL_RATE - (performance.now() - startedAt)));
  }
  await settled(spool);
  return [
    known('offer_to_durable_p50_ms', percentile(waits, 0.5), waits.length),
    known('offer_to_durable_p99_ms', percentile(waits, 0.99), waits.length),
  ];
}

async function drainFigures({ spool, sessions, isQuick }: Bench): Promise<EventFigure[]> {
  const count = isQuick ? 2_000 : 6_000;
  const calls = interleave(
    Array.from({ length: count / SESSION_CALLS }, () => sessions.session(SESSION_CALLS, SMALL_BYTES)),
  );
  const startedAt = performance.now();
  await offerAt(spool, calls, Number.POSITIVE_INFINITY);
  await settled(spool);
  const perSecond = count / ((performance.now() - startedAt) / 1_000);
  return [
    known('drain_calls_per_s', perSecond, count),
    figureOf('drain_ratio', perSecond / NORMAL_RATE, '>=', 5, count),
  ];
}

/** Ten times the normal rate, for a while: the thread that serves calls must hardly notice. */
async function burstFigures({ spool, sessions, isQuick }: Bench): Promise<EventFigure[]> {
  const seconds = isQuick ? 10 : 60;
  const lot = interleave(Array.from({ length: 100 }, () => sessions.session(SESSION_CALLS, SMALL_BYTES)));
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const startedAt = performance.now();
  let offered = 0;
  let rssBytesMax = 0;
  histogram.enable();
  for (let second = 0; second < seconds; second += 1) {
    offered += lot.length;
    await offerAt(spool, lot.map(sessions.again), NORMAL_RATE * BURST_FACTOR);
    rssBytesMax = Math.max(rssBytesMax, process.memoryUsage.rss());
  }
  histogram.disable();
  const burstMs = performance.now() - startedAt;
  await settled(spool);
  const drainedMs = performance.now() - startedAt - burstMs;
  const { dropped } = spool.stats();
  return [
    known('burst_calls_per_s', offered / (burstMs / 1_000), offered),
    figureOf('burst_loop_delay_p99_ms', histogram.percentile(99) / 1e6, '<=', 50, histogram.count),
    known('burst_rss_mb', rssBytesMax / 1e6, offered),
    figureOf('burst_drained_after_s', drainedMs / 1_000, '<=', 300, offered),
    figureOf('burst_dropped', dropped, '<=', 0, offered),
  ];
}

async function storageFigures({ spool, sessions, database }: Bench): Promise<EventFigure[]> {
  // It grows to three times that, and so has 100 kB a request on average.
  const calls = sessions.session(50, 50 * KILOBYTE);
  // Empty partitions have pages of their own, which are no cost of a session.
  await offerAt(spool, [sessions.fresh(KILOBYTE)], Number.POSITIVE_INFINITY);
  await settled(spool);
  const before = await storedBytes(database);
  await offerAt(spool, calls, Number.POSITIVE_INFINITY);
  await settled(spool);
  const after = await storedBytes(database);
  const perCall = calls.map((call) => zstdCompressSync(Buffer.from(JSON.stringify(recordOfOffer(call)))).length);
  const compressed = perCall.reduce((sum, bytes) => sum + bytes, 0);
  const ratio = (name: keyof typeof after) => (after[name] - before[name]) / compressed;
  return [
    figureOf('storage_ratio', ratio('transcripts'), '<=', 0.1, calls.length),
    known('storage_ratio_on_disk', ratio('onDisk'), calls.length),
  ];
}

/** Offers calls at a rate, and returns the milliseconds of processor that the offering thread itself spent on it. */
async function offerAt(spool: SpoolThread, calls: readonly OfferedCall[], perSecond: number): Promise<number> {
  const startedAt = performance.now();
  let spentMs = 0;
  for (let next = 0; next < calls.length; ) {
    const elapsedMs = performance.now() - startedAt;
    const due = Math.min(calls.length, Math.floor((elapsedMs / 1_000) * perSecond) + 1);
    const from = process.threadCpuUsage();
    for (; next < due && !(perSecond === Number.POSITIVE_INFINITY && spool.isFull()); next += 1) {
      const call = calls[next];
      if (call === undefined) break;
      spool.begin(call.call.callId);
      spool.offer(call);
    }
    const used = process.threadCpuUsage(from);
    spentMs += (used.user + used.system) / 1_000;
    await delay(POLL_MS);
  }
  return spentMs;
}

async function settled(spool: SpoolThread): Promise<void> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS;
  await spool.flush();
  while (spool.stats().pendingRecords > 0) {
    if (performance.now() > deadline) throw new Error('the spool was not drained in time');
    await delay(POLL_MS);
  }
}

/** Calls of many sessions as a gateway sees them, each session in its own order. */
function interleave(sessions: readonly (readonly OfferedCall[])[]): readonly OfferedCall[] {
  const longest = Math.max(...sessions.map((calls) => calls.length));
  return Array.from({ length: longest }, (_value, index) => sessions.flatMap((calls) => calls[index] ?? [])).flat();
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function figureOf(id: string, value: number, op: '<=' | '>=', bar: number, n: number): EventFigure {
  return { id, value, op, bar, pass: op === '<=' ? value <= bar : value >= bar, n };
}

function known(id: string, value: number, n: number): EventFigure {
  return { id, value, op: '<=', bar: null, pass: null, n };
}
