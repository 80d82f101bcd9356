import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { migrateAll } from '#shared/database/migrate.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import { createLog } from '#shared/log.ts';
import { type SpoolThread, startSpoolThread } from '#shared/spool/spool-thread.ts';
import { startTemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import type { Figure } from '../../arena/figure.ts';
import { createEventSessions } from '../event-sessions.ts';
import { type AgentCall, createAgentTraffic } from './agent-traffic.ts';

const SEED = 20_261_125;
const PER_SECOND = 200;
const REQUEST_BYTES = 20_000;
/** Agents at work at once: each makes a call every fifth of a second. */
const SESSIONS_AT_ONCE = 40;
const WARM_UP_SECONDS = 5;
const P95_MAX_S = 1;
const SETTLE_DEADLINE_MS = 300_000;
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
/** Counting takes of the same machine, so that it is done seldom. */
const POLL_MS = 500;
const EVALUATOR = fileURLToPath(new URL('../../../services/evaluator/main.ts', import.meta.url));
const SPOOL_ENTRY = new URL('../../../services/gateway/spool-thread/main.ts', import.meta.url);

/**
 * From a call's row, with which its job is added, to its score, at 200 calls a second: sessions whose requests repeat
 * their history go through the gateway's own spool and drainer into a PostgreSQL on this machine, and an evaluator in a
 * process of its own scores them, both passes.
 */
export async function queueToScoreFigures(options: { readonly quick: boolean }): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-bench-queue-'));
  const postgres = await startTemporaryPostgres();
  const databaseUrl = postgres.connectionString;
  try {
    await migrateAll(databaseUrl);
    const database = createDatabase(createPool({ connectionString: databaseUrl, role: 'owner' }));
    await database
      .insertInto('project')
      .values({ projectId: 'default', blockKey: randomBytes(32) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const evaluator = await startEvaluator(databaseUrl, folder);
    const spool = await openSpool(databaseUrl, folder);
    try {
      const seconds = options.quick ? 15 : 60;
      await play(spool, database, WARM_UP_SECONDS, 0);
      const since = await now(database);
      const calls = await play(spool, database, seconds, 1);
      return [figureOf(await readWaits(database, since), calls)];
    } finally {
      await spool.close();
      await stop(evaluator);
      await database.destroy();
    }
  } finally {
    await postgres.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startEvaluator(databaseUrl: string, folder: string): Promise<ChildProcess> {
  const config = join(folder, 'trimtab.yaml');
  writeFileSync(config, 'project: default\n');
  const own = { DATABASE_URL: databaseUrl, TRIMTAB_CONFIG: config, TRIMTAB_DATA_DIR: folder };
  const child = spawn(process.execPath, [EVALUATOR], {
    env: { PATH: process.env['PATH'], ...own, TRIMTAB_EVALUATOR_PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const deadline = setTimeout(() => child.kill(), START_DEADLINE_MS);
  const lines = createInterface({ input: child.stderr });
  const running = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('evaluator runs')) resolve();
    });
  });
  await Promise.race([
    running,
    once(child, 'exit').then(() => Promise.reject(new Error('the evaluator did not start'))),
  ]);
  clearTimeout(deadline);
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

async function openSpool(databaseUrl: string, folder: string): Promise<SpoolThread> {
  return await startSpoolThread({
    directory: join(folder, 'spool'),
    ...{ gatewayId: 'bench', projectId: 'default', log: createLog('bench', 'warn'), clock: Date.now },
    entry: SPOOL_ENTRY,
    settings: { databaseUrl, logLevel: 'warn' },
  });
}

/** Offers calls at their rate, and waits until the last one is scored. Returns how many there were. */
async function play(spool: SpoolThread, database: Database, seconds: number, round: number): Promise<number> {
  const calls = trafficOf(seconds * PER_SECOND, round);
  const startedAt = performance.now();
  for (let next = 0; next < calls.length; ) {
    const due = Math.min(calls.length, Math.floor(((performance.now() - startedAt) / 1_000) * PER_SECOND) + 1);
    for (; next < due; next += 1) {
      const make = calls[next];
      if (make === undefined) break;
      const offered = make();
      spool.begin(offered.call.callId);
      spool.offer(offered);
    }
    await delay(1);
  }
  const deadline = performance.now() + SETTLE_DEADLINE_MS;
  const sessions = `round-${round}-%`;
  for (;;) {
    const { rows } = await sql<{ scored: number }>`
      SELECT count(*)::int AS scored FROM call JOIN scoring_run run USING (call_id, project_id)
      WHERE run.pass = 'call' AND call.session_id LIKE ${sessions}`.execute(database);
    if ((rows[0]?.scored ?? 0) >= calls.length) return calls.length;
    if (performance.now() > deadline) throw new Error('the calls were not scored in time');
    await delay(POLL_MS);
  }
}

/** Calls in the order in which they are made: of many sessions side by side, each in its own order. */
function trafficOf(count: number, round: number): readonly (() => OfferedCall)[] {
  const session = createAgentTraffic(SEED + round);
  const template = createEventSessions(SEED).fresh(REQUEST_BYTES);
  const lanes = Array.from({ length: SESSIONS_AT_ONCE }, () => [] as (() => OfferedCall)[]);
  let sessions = 0;
  const perLane = Math.ceil(count / SESSIONS_AT_ONCE);
  for (const lane of lanes) {
    while (lane.length < perLane) {
      sessions += 1;
      const sessionId = `round-${round}-${sessions}`;
      lane.push(...session(REQUEST_BYTES).map((call) => () => offerOf(template, sessionId, call)));
    }
  }
  return Array.from({ length: perLane }, (_value, index) => lanes.flatMap((lane) => lane[index] ?? []))
    .flat()
    .slice(0, count);
}

let lastMs = 0;

function offerOf(template: OfferedCall, sessionId: string, { content }: AgentCall): OfferedCall {
  lastMs = Math.max(lastMs + 1, Date.now());
  const startedAt = lastMs;
  return {
    call: { ...template.call, callId: uuidV7(startedAt, randomBytes(10)), startedAt, sessionId },
    request: { bytes: Buffer.from(JSON.stringify(content.request)), clientFormat: 'anthropic-messages' },
    response: JSON.stringify(content.response),
    upstreamRaw: [Buffer.from(content.upstreamRaw ?? '')],
  };
}

async function now(database: Database): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(database);
  return rows[0]?.now ?? new Date();
}

async function readWaits(database: Database, since: Date): Promise<readonly number[]> {
  const { rows } = await sql<{ seconds: number }>`
    SELECT extract(epoch FROM run.scored_at - call.stored_at)::float8 AS seconds
    FROM call JOIN scoring_run run USING (call_id, project_id)
    WHERE run.pass = 'call' AND call.stored_at >= ${since} ORDER BY 1`.execute(database);
  return rows.map((row) => row.seconds);
}

/** The interval of a percentile lies between two order statistics, by the binomial distribution's normal form. */
function figureOf(sorted: readonly number[], n: number): Figure {
  const rank = (share: number) => Math.min(n - 1, Math.max(0, Math.ceil(share * n) - 1));
  const half = (1.96 * Math.sqrt(n * 0.95 * 0.05)) / n;
  const at = (share: number) => sorted[rank(share)] ?? Number.NaN;
  const value = at(0.95);
  const interval = [at(0.95 - half), at(Math.min(1, 0.95 + half))] as const;
  return { id: 'queue_to_score_p95_s', value, op: '<=', bar: P95_MAX_S, pass: value <= P95_MAX_S, n, interval };
}
