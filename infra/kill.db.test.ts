import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { readConservation } from '#shared/database/conservation.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';
import { createRedisServer, findRedisServer, type RedisServer } from '#shared/testing/redis-server.ts';
import { createSeededRandom } from './arena/seeded-random.ts';
import {
  missingCalls,
  recordsOnDisk,
  spoolFolderOf,
  storedCallIds,
  waitUntilSettled,
  wasAnswered,
} from './testing/answered-calls.ts';
import { isInKillWindow } from './testing/kill-window.ts';
import { type ClientCall, type Load, startLoad } from './testing/load.ts';
import { runCommand } from './testing/run-command.ts';
import { type DiskWatch, watchDisk } from './testing/watch-disk.ts';
import { startWholeSystem, type WholeSystem } from './testing/whole-system.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** A provider takes its time, so that calls are in flight at every moment; some of its answers are faulty. */
const SCENARIO = fakeScenarioSchema.parse({
  faults: [
    { kind: 'http-error', status: 400, when: { share: 0.05 } },
    { kind: 'malformed-arguments', when: { share: 0.2 } },
    { kind: 'slow', headersDelayMs: 30 },
  ],
});
const AGENTS = 12;
const PAUSE_MS = 150;

const KILLS_PER_SERVICE = 3;
/** A service is killed at a random moment of this time after it got ready, milliseconds. */
const KILL_WITHIN_MS = 3_000;
const READY_MS = 30_000;
const TEST_TIMEOUT_MS = 240_000;

interface Kill {
  readonly service: 'gateway' | 'evaluator';
  readonly atMs: number;
  /** Calls whose record was on the disk when the gateway was dead. */
  readonly onDisk: readonly string[];
  readyAtMs: number;
}

const redis = findRedisServer(process.env);
const BACKENDS = redis.available ? (['PostgreSQL', 'Redis'] as const) : (['PostgreSQL'] as const);
if (!redis.available) process.stdout.write(`SKIPPED: nothing is killed on the Redis backend, ${redis.reason}\n`);

describe.each(BACKENDS)('kill -9 under load, with the queues on %s', (backend) => {
  const seed = randomInt(2 ** 31);
  const kills: Kill[] = [];
  let redisServer: RedisServer | undefined;
  let provider: FakeProvider;
  let system: WholeSystem;
  let disk: DiskWatch;
  let load: Load;
  let calls: readonly ClientCall[];

  beforeAll(async () => {
    if (backend === 'Redis' && redis.available) {
      redisServer = await createRedisServer(redis.program);
      await redisServer.start();
    }
    provider = await createFakeProvider({ format: 'openai-chat', script: createScenarioScript(SCENARIO).script });
    system = await startWholeSystem(configFor(provider), redisServer?.url);
    disk = await watchDisk(system.dataDir);
  });
  afterAll(async () => {
    await load?.stop();
    await disk?.stop();
    await system?.stop();
    await provider?.close();
    await redisServer?.dispose();
  });

  async function killRepeatedly(service: Kill['service'], url: string, moments: readonly number[]): Promise<void> {
    for (const moment of moments) {
      // The moment itself is what is random here; there is nothing to wait for.
      await delay(moment);
      const pid = system.pidOf(service);
      if (pid === undefined) throw new Error(`${service} is not running`);
      const atMs = performance.now();
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => expect(system.pidOf(service)).not.toBe(pid), { timeout: READY_MS, interval: 5 });
      const onDisk = service === 'gateway' ? recordsOnDisk(spoolFolderOf(system.dataDir)) : [];
      const kill = { service, atMs, onDisk, readyAtMs: Number.NaN };
      kills.push(kill);
      const readiness = await waitUntilReady(url, READY_MS, new AbortController().signal);
      expect(readiness).toEqual({ type: 'ready' });
      kill.readyAtMs = performance.now();
    }
  }

  async function killUnderLoad(): Promise<number> {
    const random = createSeededRandom(seed);
    const moments = () => Array.from({ length: KILLS_PER_SERVICE }, () => random.uniform() * KILL_WITHIN_MS);
    const startedAtMs = performance.now();
    load = startLoad({ baseUrl: system.gatewayUrl, seed, agents: AGENTS, pauseMs: PAUSE_MS });
    calls = load.calls;
    await Promise.all([
      killRepeatedly('gateway', system.gatewayUrl, moments()),
      killRepeatedly('evaluator', system.evaluatorUrl, moments()),
    ]);
    const soFar = calls.length;
    const isServedAgain = () => expect(calls.slice(soFar).filter(wasAnswered).length).toBeGreaterThan(AGENTS);
    await vi.waitFor(isServedAgain, { timeout: READY_MS, interval: 20 });
    await load.stop();
    return performance.now() - startedAtMs;
  }

  it('loses no durable call, and accounts for every other', { timeout: TEST_TIMEOUT_MS }, async () => {
    process.stdout.write(`kill -9 under load, ${backend}: seed ${seed}\n`);
    const loadMs = await killUnderLoad();
    const stoppedAtMs = performance.now();
    await waitUntilSettled(system.database, calls);
    const missing = await missingCalls(system.database, calls);
    const conservation = await readConservation(system.database, 'default');
    const settleMs = performance.now() - stoppedAtMs;
    await report(system.database, { loadMs, settleMs, calls, kills, missing });

    const stored = await storedCallIds(system.database);
    expect(kills.flatMap(({ onDisk }) => onDisk).filter((callId) => !stored.has(callId))).toEqual([]);
    expect(missing.filter((call) => !isInKillWindow(call, gatewayKillsOf(kills), disk))).toEqual([]);
    const unknown = calls.filter(({ outcome }) => outcome === 'unknown').length;
    expect(conservation).toMatchObject({ balances: true, difference: 0, pending: 0, dropped: 0, deadLettered: 0 });
    expect(conservation.scored).toBe(stored.size);
    expect(conservation.lostBeforeDurable).toBeGreaterThanOrEqual(missing.length);
    expect(conservation.lostBeforeDurable).toBeLessThanOrEqual(missing.length + unknown);
  });

  it('stores no call twice, and none that nobody made', async () => {
    const stored = await storedCallIds(system.database);
    const known = new Set(calls.flatMap(({ callId }) => callId ?? []));
    const strangers = [...stored].filter((callId) => !known.has(callId));
    const nameless = calls.filter(({ outcome, callId }) => outcome === 'unknown' && callId === null);
    expect(strangers.length).toBeLessThanOrEqual(nameless.length);
    const { rows } = await sql<Record<string, number>>`
      SELECT count(*) AS calls,
        (SELECT value FROM conservation_counter WHERE name = 'stored') AS counted,
        (SELECT sum(call_count)::int FROM session) AS in_sessions,
        (SELECT count(*) FROM session WHERE call_count <>
          (SELECT count(*) FROM call WHERE call.session_id = session.session_id)) AS wrong_sessions
      FROM call`.execute(system.database);
    const count = stored.size;
    expect(rows).toEqual([{ calls: count, counted: count, inSessions: count, wrongSessions: 0 }]);
  });

  it('leaves one scoring run per call and pass, and one row per score', async () => {
    const count = (await storedCallIds(system.database)).size;
    const { rows: runs } = await sql<Record<string, number>>`
      SELECT count(*) FILTER (WHERE pass = 'call') AS first_passes,
        count(*) FILTER (WHERE pass = 'outcome') AS outcomes,
        count(DISTINCT (call_id, pass)) AS different,
        count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM call WHERE call.call_id = scoring_run.call_id)) AS of_no_call
      FROM scoring_run`.execute(system.database);
    expect(runs).toEqual([{ firstPasses: count, outcomes: count, different: 2 * count, ofNoCall: 0 }]);
    const { rows: scores } = await sql<Record<string, number>>`
      SELECT count(*) AS rows, count(DISTINCT (subject_type, subject_id, scorer, pass, sample)) AS different,
        count(DISTINCT call_id) FILTER (WHERE outcome = 'fail') > 0 AS has_failures
      FROM score`.execute(system.database);
    expect(scores[0]).toMatchObject({ different: scores[0]!['rows'], hasFailures: true });
  });

  it('tells the same to whoever asks `trimtab doctor`', async () => {
    const { stdout } = await runCommand(['doctor', '--json'], system.environment);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean | null; detail: string }[] };
    const { answered, scored, lostBeforeDurable } = await readConservation(system.database, 'default');
    expect(checks.filter(({ ok }) => ok === false)).toEqual([]);
    const equation = `${answered} answered = ${scored} scored + 0 pending + 0 dead-lettered + 0 dropped + ${lostBeforeDurable} lost before durable`;
    expect(checks.find(({ name }) => name === 'conservation')).toMatchObject({ ok: true, detail: equation });
  });
});

function configFor(provider: FakeProvider): unknown {
  const swift = { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' };
  return {
    providers: { swift: { ...swift, apiKey: `\${TEST_API_KEY}` } },
    models: [{ id: 'swift-1', provider: 'swift', price: { input: 1, output: 2 } }],
    routes: [{ id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'swift-1', weight: 1 }] }],
    governance: { session: { idle: '2s' } },
  };
}

function gatewayKillsOf(kills: readonly Kill[]): readonly number[] {
  return kills.filter(({ service }) => service === 'gateway').map(({ atMs }) => atMs);
}

interface Run {
  readonly loadMs: number;
  readonly settleMs: number;
  readonly calls: readonly ClientCall[];
  readonly kills: readonly Kill[];
  readonly missing: readonly ClientCall[];
}

/** What a reader of the log wants to know, whether the test passes or not. */
async function report(database: Database, run: Run): Promise<void> {
  const { loadMs, settleMs, calls, kills, missing } = run;
  const { rows } = await sql<{ waits: readonly number[] }>`
    SELECT percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM scored_at - stored_at))
      AS waits
    FROM scoring_run JOIN call USING (call_id) WHERE pass = 'call'`.execute(database);
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const outcomes = Object.entries(Object.groupBy(calls, ({ outcome }) => outcome));
  const early = missing.map(({ startedAtMs, endedAtMs }) =>
    Math.min(...gatewayKillsOf(kills).flatMap((atMs) => (startedAtMs <= atMs ? [atMs - endedAtMs] : []))),
  );
  const back = kills.map(({ service, atMs, readyAtMs }) => `${service} ${seconds(readyAtMs - atMs)}`);
  const lines = [
    `${calls.length} calls in ${seconds(loadMs)} s (${outcomes.map(([name, of]) => `${of.length} ${name}`).join(', ')})`,
    `settled ${seconds(settleMs)} s after the load; ready after a kill, s: ${back.join(', ')}`,
    `answered and not kept: ${missing.length}; ms before the kill: ${early.map((ms) => ms.toFixed(1)).join(', ')}`,
    `stored to scored, s: ${rows[0]?.waits.map((wait) => wait.toFixed(2)).join(', ')} (median, 95 %, longest)`,
  ];
  process.stdout.write(`${lines.map((line) => `  ${line}\n`).join('')}`);
}
