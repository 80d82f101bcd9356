import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { createCallStore } from '#shared/database/call-store.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { migrateAll } from '#shared/database/migrate.ts';
import { createLog } from '#shared/log.ts';
import { REPLAY_QUEUE } from '#shared/queue/names.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { startTemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import { SCORER_SET_VERSION } from '../../services/evaluator/scorers/registry.ts';
import { createReplayDesk, type WantedReplay } from '../../services/optimizer/prompts/runs/replay-desk.ts';
import type { Figure } from '../arena/figure.ts';

const BATCH = 64;
const LATENCY_MS = 50;
const SLOTS_PER_PROCESS = 4;
const SPEEDUP_MIN = 6;
const MODEL = 'scripted';
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
const EVALUATOR = fileURLToPath(new URL('../../services/evaluator/main.ts', import.meta.url));
const REPLY = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: MODEL,
  choices: [{ index: 0, message: { role: 'assistant', content: 'Done.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
});

/**
 * How much sooner one batch of replays is done by two evaluators with four slots each than by one with a single slot:
 * the queue, the database, the evaluators' processes and the sockets are real, and the upstream answers after 50 ms. Both
 * have a database of their own on one server, and batches alternate between them.
 */
export async function measureParallelSpeedup(options: { readonly quick: boolean }): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-bench-speedup-'));
  const postgres = await startTemporaryPostgres();
  const upstream = await startUpstream();
  const opened: Fleet[] = [];
  try {
    const fleet = async (name: string, slots: readonly number[]) => {
      const started = await startFleet({ connectionString: postgres.connectionString, folder, upstream, name }, slots);
      opened.push(started);
      return started;
    };
    const one = await fleet('one_slot', [1]);
    const eight = await fleet('eight_slots', [SLOTS_PER_PROCESS, SLOTS_PER_PROCESS]);
    const rounds = options.quick ? 6 : 20;
    await one.batch(8);
    await eight.batch(BATCH);
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const sequential = await one.batch(BATCH);
      const parallel = ((await eight.batch(BATCH)) + (await eight.batch(BATCH))) / 2;
      ratios.push(sequential / parallel);
    }
    return figureOf(ratios);
  } finally {
    for (const fleet of opened) await fleet.close();
    upstream.close();
    upstream.closeAllConnections();
    await postgres.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Fleet {
  /** Milliseconds that a batch of new replays takes, from asking for the first to having the last. */
  batch(size: number): Promise<number>;
  close(): Promise<void>;
}

async function startFleet(
  place: {
    readonly connectionString: string;
    readonly folder: string;
    readonly upstream: Server;
    readonly name: string;
  },
  slots: readonly number[],
): Promise<Fleet> {
  const databaseUrl = await createOwnDatabase(place.connectionString, place.name);
  await migrateAll(databaseUrl);
  const pool = createPool({ connectionString: databaseUrl, role: 'owner' });
  const database = createDatabase(pool);
  const backend = createQueueBackend({ log: createLog('bench', 'fatal') }, { databaseUrl });
  const calls = await storeCalls(database);
  const children: ChildProcess[] = [];
  for (const [index, count] of slots.entries()) {
    const config = join(place.folder, `${place.name}-${index}.yaml`);
    writeFileSync(config, configOf(place.upstream, count));
    children.push(await startEvaluator(databaseUrl, config, place.folder));
  }
  let batches = 0;
  return {
    async batch(size) {
      batches += 1;
      const wanted = calls.slice(0, size).map((callId) => replayOf(place.name, batches, callId));
      return await timeBatch(database, backend, wanted);
    },
    async close() {
      await Promise.all(children.map(stop));
      await backend.close();
      await pool.end();
    },
  };
}

async function timeBatch(database: Database, backend: QueueBackend, wanted: readonly WantedReplay[]): Promise<number> {
  const replays = backend.openQueue(REPLAY_QUEUE);
  const giveUp = new AbortController();
  const wait = async (ms: number) => await delay(ms);
  const purse = { reserve: async () => true, settle: async () => {} };
  const desk = createReplayDesk(
    { database, replays, purse, now: Date.now, wait },
    { signal: giveUp.signal, stalledMs: START_DEADLINE_MS, onStalled: () => giveUp.abort(new Error('nobody replays')) },
  );
  // The connection of a producer is no part of a batch.
  await replays.counts();
  const startedAt = performance.now();
  const done = await Promise.all(wanted.map((each) => desk.replay(each)));
  const tookMs = performance.now() - startedAt;
  await replays.close();
  const failed = done.find((replay) => replay?.status !== 'done');
  if (failed !== undefined) throw new Error(`a replay failed: ${JSON.stringify(failed?.result)}`);
  return tookMs;
}

function replayOf(name: string, batch: number, callId: string): WantedReplay {
  return {
    ...{ replayId: `${name}-${batch}-${callId}`, projectId: 'default', promptRunId: null, callId, model: MODEL },
    ...{ prefixId: null, scorerSet: SCORER_SET_VERSION, sample: batch, mostUsd: 0 },
  };
}

async function createOwnDatabase(connectionString: string, name: string): Promise<string> {
  const pool = createPool({ connectionString, role: 'owner', poolMax: 1 });
  await sql`CREATE DATABASE ${sql.id(name)}`.execute(createDatabase(pool));
  await pool.end();
  const address = new URL(connectionString);
  address.pathname = `/${name}`;
  return address.href;
}

async function storeCalls(database: Database): Promise<readonly string[]> {
  await database
    .insertInto('project')
    .values({ projectId: 'default', blockKey: randomBytes(32) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const records = Array.from({ length: BATCH }, () => sampleCallRecord());
  await createCallStore(database).store(records);
  return records.map((record) => record.call.callId);
}

function configOf(upstream: Server, slots: number): string {
  const { port } = upstream.address() as AddressInfo;
  return [
    'providers:',
    `  scripted: { format: openai-chat, baseUrl: "http://127.0.0.1:${port}/v1", network: private }`,
    'models:',
    `  - { id: ${MODEL}, provider: scripted, price: { input: 1, output: 1 } }`,
    `optimizer: { replaySlots: ${slots} }`,
    '',
  ].join('\n');
}

async function startUpstream(): Promise<Server> {
  const server = createServer(async (request, response) => {
    await text(request);
    await delay(LATENCY_MS);
    response.writeHead(200, { 'content-type': 'application/json' }).end(REPLY);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function startEvaluator(databaseUrl: string, config: string, folder: string): Promise<ChildProcess> {
  const own = { DATABASE_URL: databaseUrl, TRIMTAB_CONFIG: config, TRIMTAB_DATA_DIR: folder };
  const child = spawn(process.execPath, [EVALUATOR], {
    env: { PATH: process.env['PATH'], ...own, TRIMTAB_EVALUATOR_PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const deadline = setTimeout(() => child.kill(), START_DEADLINE_MS);
  const running = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('evaluator runs')) resolve();
    });
  });
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the evaluator did not start')));
  await Promise.race([running, gone]);
  clearTimeout(deadline);
  gone.catch(() => {});
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(deadline);
}

/** The median round, between the order statistics that hold it with 95 %. */
function figureOf(ratios: readonly number[]): Figure {
  const sorted = ratios.toSorted((left, right) => left - right);
  const n = sorted.length;
  const at = (index: number) => sorted[Math.min(n - 1, Math.max(0, index))] ?? Number.NaN;
  const value = n % 2 === 1 ? at((n - 1) / 2) : (at(n / 2 - 1) + at(n / 2)) / 2;
  const half = (1.96 * Math.sqrt(n)) / 2;
  const interval = [at(Math.floor(n / 2 - half)), at(Math.ceil(n / 2 + half))] as const;
  return { id: 'parallel_speedup', value, op: '>=', bar: SPEEDUP_MIN, pass: value >= SPEEDUP_MIN, n, interval };
}

if (import.meta.main)
  console.log(JSON.stringify(await measureParallelSpeedup({ quick: process.argv.includes('--quick') })));
