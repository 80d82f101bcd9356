import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { sql } from 'kysely';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { readConservation } from '#shared/database/conservation.ts';
import { migrateAll } from '#shared/database/migrate.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Log } from '#shared/log.ts';
import { recordOfOffer } from '#shared/spool/offered-call.ts';
import { type SpoolThread, startSpoolThread } from '#shared/spool/spool-thread.ts';
import { addressOf, runStatement } from '#shared/testing/test-database.ts';
import { type EventFigure, figureOf, intervalOf, known, percentile } from './event-figure.ts';
import { outageFigures } from './event-outage.ts';
import { createEventSessions, type EventSessions } from './event-sessions.ts';
import { fairnessFigures } from './fairness-figures.ts';
import { type StoredBytes, storedBytes } from './stored-bytes.ts';

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
/** Requests of 11 kB that grow to 29: 20 kB on average. */
const LOAD_SESSION = { calls: 10, bytes: 11 * KILOBYTE };
const STORED_SESSION_CALLS = 50;
/** What ten seconds without the store leave behind. */
const DRAIN_LOT = 2_000;
const OUTAGE_DATABASE = 'outage';
/** Of `/proc/PID/stat`. */
const CLOCK_TICK_MS = 10;
const POLL_MS = 2;
const SETTLE_DEADLINE_MS = 300_000;

/** Parts that can be measured alone; `fairness` goes first, because the others leave jobs behind that nobody takes. */
export const EVENT_PARTS = ['fairness', 'storage', 'processor', 'durability', 'drain', 'burst', 'outage'] as const;
type EventPart = (typeof EVENT_PARTS)[number];

/** Figures of the event path, one part after the other. The outages have a database and a system of their own. */
export async function eventFigures(
  deps: BenchDeps,
  options: { readonly isQuick: boolean; readonly parts: ReadonlySet<string> },
): Promise<readonly EventFigure[]> {
  const { databaseUrl } = deps;
  const figures: EventFigure[] = [];
  const inOneProcess = EVENT_PARTS.filter((part) => part !== 'outage' && options.parts.has(part));
  if (inOneProcess.length > 0) figures.push(...(await spoolFigures(deps, { ...options, parts: inOneProcess })));
  if (options.parts.has('outage')) {
    await runStatement(databaseUrl, `CREATE DATABASE ${OUTAGE_DATABASE}`);
    const outageUrl = addressOf(databaseUrl, OUTAGE_DATABASE);
    await migrateAll(outageUrl);
    figures.push(...(await outageFigures(outageUrl, { seed: SEED, isQuick: options.isQuick })));
  }
  return figures;
}

async function spoolFigures(
  deps: BenchDeps,
  options: { readonly isQuick: boolean; readonly parts: readonly EventPart[] },
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
    const measure: Readonly<Record<Exclude<EventPart, 'outage'>, () => Promise<readonly EventFigure[]>>> = {
      fairness: () => fairnessFigures({ ...bench, databaseUrl, log }, options),
      storage: () => storageFigures(bench),
      processor: () => processorFigures(bench),
      durability: () => durabilityFigures(bench),
      drain: () => drainFigures(bench),
      burst: () => burstFigures(bench),
    };
    const figures: EventFigure[] = [];
    for (const part of options.parts) if (part !== 'outage') figures.push(...(await measure[part]()));
    const { difference } = await readConservation(database, 'default');
    return [...figures, atMost('conservation_difference', difference, 0, figures.length)];
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
      if (kind === 'repeated') figures.push(atMost(`main_us_${name}`, mainUs, MAIN_US_MAX, count));
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

/** A backlog of whole lots, from the first hand-over to the last row and job. */
async function drainFigures({ spool, sessions, database, isQuick }: Bench): Promise<EventFigure[]> {
  const lots = isQuick ? 2 : 5;
  const rates: number[] = [];
  const [cpuUs, postgresUs]: [number[], number[]] = [[], []];
  // The first lot compiles what the others run.
  for (let lot = 0; lot <= lots; lot += 1) {
    const calls = loadOf(sessions, DRAIN_LOT);
    const [cpu, postgresMs] = [process.cpuUsage(), await backendMs(database)];
    const startedAt = performance.now();
    await offerAt(spool, calls, Number.POSITIVE_INFINITY);
    await settled(spool);
    if (lot === 0) continue;
    rates.push(DRAIN_LOT / ((performance.now() - startedAt) / 1_000));
    const used = process.cpuUsage(cpu);
    cpuUs.push((used.user + used.system) / DRAIN_LOT);
    postgresUs.push(((await backendMs(database)) - postgresMs) * (1_000 / DRAIN_LOT));
  }
  const count = lots * DRAIN_LOT;
  const ratios = rates.map((rate) => rate / NORMAL_RATE);
  return [
    { ...known('drain_calls_per_s', meanOf(rates), count), interval: intervalOf(rates) },
    { ...known('drain_cpu_us', meanOf(cpuUs), count), interval: intervalOf(cpuUs) },
    { ...known('drain_postgres_cpu_us', meanOf(postgresUs), count), interval: intervalOf(postgresUs) },
    figureOf({
      ...{ id: 'drain_ratio', value: meanOf(ratios), op: '>=', bar: 5, n: count },
      interval: intervalOf(ratios),
    }),
  ];
}

/** Processor time that the backends of this database have used, milliseconds; zero where the system does not tell. */
async function backendMs(database: Database): Promise<number> {
  const { rows } = await sql<{ pid: number }>`
    SELECT pid FROM pg_stat_activity WHERE datname = current_database()`.execute(database);
  return rows.reduce((sum, { pid }) => sum + processMs(pid), 0);
}

function processMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
  } catch {
    return 0;
  }
}

/** Ten times the normal rate, for a while: the thread that serves calls must hardly notice. */
async function burstFigures({ spool, sessions, isQuick }: Bench): Promise<EventFigure[]> {
  const seconds = isQuick ? 10 : 60;
  const lot = loadOf(sessions, NORMAL_RATE * BURST_FACTOR);
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
    atMost('burst_loop_delay_p99_ms', histogram.percentile(99) / 1e6, 50, histogram.count),
    known('burst_rss_mb', rssBytesMax / 1e6, offered),
    atMost('burst_drained_after_s', drainedMs / 1_000, 300, offered),
    atMost('burst_dropped', dropped, 0, offered),
  ];
}

async function storageFigures(bench: Bench): Promise<EventFigure[]> {
  const { spool, sessions, isQuick } = bench;
  // Empty partitions have pages of their own, which are no cost of a session.
  await offerAt(spool, [sessions.fresh(KILOBYTE)], Number.POSITIVE_INFINITY);
  await settled(spool);
  const ratios = [];
  for (let session = 0; session < (isQuick ? 2 : 5); session += 1) ratios.push(await storedSession(bench));
  const transcripts = ratios.map((ratio) => ratio.transcripts);
  const n = ratios.length * STORED_SESSION_CALLS;
  return [
    figureOf({
      ...{ id: 'storage_ratio', value: meanOf(transcripts), op: '<=', bar: 0.1, n },
      interval: intervalOf(transcripts),
    }),
    known('storage_ratio_on_disk', meanOf(ratios.map((ratio) => ratio.onDisk)), n),
  ];
}

/** What one session takes, of what its calls would take by themselves. */
async function storedSession({ spool, sessions, database }: Bench): Promise<StoredBytes> {
  // It grows to three times that, and so has 100 kB a request on average.
  const calls = sessions.session(STORED_SESSION_CALLS, 50 * KILOBYTE);
  const before = await storedBytes(database);
  await offerAt(spool, calls, Number.POSITIVE_INFINITY);
  await settled(spool);
  const after = await storedBytes(database);
  const perCall = calls.map((call) => zstdCompressSync(Buffer.from(JSON.stringify(recordOfOffer(call)))).length);
  const compressed = perCall.reduce((sum, bytes) => sum + bytes, 0);
  const ratio = (name: keyof StoredBytes) => (after[name] - before[name]) / compressed;
  return { transcripts: ratio('transcripts'), onDisk: ratio('onDisk') };
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

/** So many calls of 20 kB. */
function loadOf(sessions: EventSessions, calls: number): readonly OfferedCall[] {
  const count = calls / LOAD_SESSION.calls;
  return interleave(Array.from({ length: count }, () => sessions.session(LOAD_SESSION.calls, LOAD_SESSION.bytes)));
}

/** Calls of many sessions as a gateway sees them, each session in its own order. */
function interleave(sessions: readonly (readonly OfferedCall[])[]): readonly OfferedCall[] {
  const longest = Math.max(...sessions.map((calls) => calls.length));
  return Array.from({ length: longest }, (_value, index) => sessions.flatMap((calls) => calls[index] ?? [])).flat();
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function atMost(id: string, value: number, bar: number, n: number): EventFigure {
  return figureOf({ id, value, op: '<=', bar, n });
}
