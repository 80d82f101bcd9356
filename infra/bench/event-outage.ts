import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { createSeededRandom, type SeededRandom } from '../arena/seeded-random.ts';
import { type PublishedEpoch, stalenessOf } from '../faults/testing/audit/audit-staleness.ts';
import { lossFigures } from '../faults/testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../faults/testing/fault-system.ts';
import { epochNow, prepareTwoPolicies, tryMove } from '../faults/testing/policy-moves.ts';
import { watchPolicies } from '../faults/testing/policy-watch.ts';
import { databaseNow, resumedAfter } from '../faults/testing/recovery.ts';
import { auditSystem } from '../faults/testing/run-under-load.ts';
import { setStores } from '../faults/testing/set-stores.ts';
import { type ClientCall, startLoad } from '../testing/load.ts';
import { waitUntilReady } from '../wait-until-ready.ts';
import { type EventFigure, figureOf, percentile } from './event-figure.ts';

const LOAD = { agents: 6, pauseMs: 60 };
const ADDED_P99_MS_MAX = 5;
const RECOVER_S_MAX = 3;
const START_S_MAX = 5;
const STALE_P99_S_MAX = 2;
const STALE_MAX_S_MAX = 10;
const MOVE_PAUSE_MS = 250;
const RESAMPLES = 400;
const READY_MS = 60_000;
const RESUME_DEADLINE_MS = 30_000;
const POLL_MS = 25;

interface OutageOptions {
  readonly seed: number;
  readonly isQuick: boolean;
}

/**
 * The whole system under a load of agents through a proxy before each store: its stores go away and come back in turn,
 * its services are killed while the stores are away, and policies are moved meanwhile. On Redis where there is one.
 *
 * @param databaseUrl of an empty, migrated database of its own
 */
export async function outageFigures(databaseUrl: string, options: OutageOptions): Promise<readonly EventFigure[]> {
  const backend = BACKENDS.includes('Redis') ? 'Redis' : 'PostgreSQL';
  const database = { connectionString: databaseUrl, drop: async () => {} };
  const target = await startFaultSystem({ backend, seed: options.seed, database });
  try {
    const { calls, figures } = await playOutages(target, options);
    const policies = await policyFigures(target, options);
    const started = await startFigures(target, options);
    // Calls that a kill cut are part of no promise, and are not among these.
    const violations = await auditSystem(target, calls);
    return [...figures, ...policies, ...started, ...lossFigures(violations, calls.length).map(figureOf)];
  } finally {
    await target.stop();
  }
}

interface Window {
  readonly isUp: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Stores up and down in turn, under one load that does not stop. */
async function playOutages(
  target: FaultSystem,
  { seed, isQuick }: OutageOptions,
): Promise<{ readonly calls: readonly ClientCall[]; readonly figures: readonly EventFigure[] }> {
  const { system, apiKey } = target;
  const [rounds, windowMs] = isQuick ? [3, 5_000] : [8, 10_000];
  const load = startLoad({ baseUrl: system.gatewayUrl, seed, apiKey, ...LOAD });
  const windows: Window[] = [];
  const recoveries: number[] = [];
  const play = async (isUp: boolean): Promise<void> => {
    const fromMs = performance.now();
    setStores(target, isUp);
    const healedAt = isUp && windows.length > 0 ? await databaseNow(system.database) : null;
    await delay(windowMs);
    windows.push({ isUp, fromMs, toMs: performance.now() });
    if (healedAt !== null) recoveries.push(await recoveredAfter(target, healedAt));
  };
  try {
    // The first calls compile what all others run.
    await delay(windowMs);
    for (let round = 0; round < rounds; round += 1) {
      await play(true);
      await play(false);
    }
    await play(true);
  } finally {
    await load.stop();
  }
  const { calls } = load;
  const during = (isUp: boolean) =>
    calls.filter((call) => windows.some((each) => each.isUp === isUp && isIn(call, each)));
  const [up, down] = [during(true), during(false)];
  const failed = down.filter(({ outcome }) => outcome !== 'ok').length;
  const n = up.length + down.length;
  return {
    calls,
    figures: [
      { ...addedP99(up.map(durationOf), down.map(durationOf), createSeededRandom(seed)), n },
      figureOf({ id: 'outage_client_errors', value: failed, op: '<=', bar: 0, n: down.length }),
      figureOf({
        ...{ id: 'recover_after_store_s', value: Math.max(...recoveries), op: '<=', bar: RECOVER_S_MAX },
        ...{ n: recoveries.length, interval: [Math.min(...recoveries), Math.max(...recoveries)] },
      }),
    ],
  };
}

function isIn({ startedAtMs }: ClientCall, { fromMs, toMs }: Window): boolean {
  return startedAtMs >= fromMs && startedAtMs < toMs;
}

function durationOf({ startedAtMs, endedAtMs }: ClientCall): number {
  return endedAtMs - startedAtMs;
}

/** With an interval of 95 % by resampling both. */
function addedP99(up: readonly number[], down: readonly number[], random: SeededRandom): EventFigure {
  const p99 = (values: readonly number[]) => percentile(values, 0.99);
  const again = (values: readonly number[]) =>
    values.map(() => values[Math.floor(random.uniform() * values.length)] ?? Number.NaN);
  const added = Array.from({ length: RESAMPLES }, () => p99(again(down)) - p99(again(up)));
  return figureOf({
    ...{ id: 'outage_added_p99_ms', value: p99(down) - p99(up), op: '<=', bar: ADDED_P99_MS_MAX },
    ...{ n: up.length + down.length, interval: [percentile(added, 0.025), percentile(added, 0.975)] },
  });
}

/** Seconds until both a call was stored and one was scored. */
async function recoveredAfter({ system }: FaultSystem, healedAt: Date): Promise<number> {
  const deadline = performance.now() + RESUME_DEADLINE_MS;
  for (;;) {
    const { storedS, scoredS } = await resumedAfter(system.database, healedAt);
    const seconds = Math.max(storedS, scoredS);
    if (Number.isFinite(seconds) || performance.now() > deadline) return seconds;
    await delay(POLL_MS);
  }
}

async function policyFigures(target: FaultSystem, { isQuick }: OutageOptions): Promise<readonly EventFigure[]> {
  const { database, gatewayUrl } = target.system;
  const [moves, unheardMoves] = isQuick ? [20, 2] : [60, 6];
  const policies = await prepareTwoPolicies(database);
  const watch = watchPolicies(gatewayUrl);
  const published: PublishedEpoch[] = [];
  const publish = async (index: number): Promise<void> => {
    const policyId = policies[(index + 1) % 2] ?? '';
    const outcome = await tryMove(database, {
      policyId,
      expectedEpoch: await epochNow(database),
      actor: 'human:bench',
    });
    if (outcome.type === 'moved') published.push({ epoch: outcome.epoch, atMs: performance.now() });
  };
  const applied = async (): Promise<void> => {
    const [epoch, deadline] = [await epochNow(database), performance.now() + RESUME_DEADLINE_MS];
    while ((watch.samples.at(-1)?.epoch ?? 0) < epoch && performance.now() < deadline) await delay(POLL_MS);
  };
  try {
    for (let move = 0; move < moves; move += 1) {
      await publish(move);
      await delay(MOVE_PAUSE_MS);
    }
    await applied();
    const notified = published.length;
    for (let move = 0; move < unheardMoves; move += 1) {
      // Whoever listens is cut off, and what is published meanwhile is found by the next poll.
      await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'trimtab-policy-listener' AND datname = current_database()`.execute(database);
      await publish(move);
      await applied();
    }
    const late = stalenessOf(published, watch.samples).map(({ lateMs }) => lateMs / 1_000);
    const p99 = percentile(late.slice(0, notified), 0.99);
    return [
      figureOf({ id: 'policy_staleness_p99_s', value: p99, op: '<=', bar: STALE_P99_S_MAX, n: notified }),
      figureOf({
        ...{ id: 'policy_staleness_max_s', value: Math.max(...late), op: '<=', bar: STALE_MAX_S_MAX, n: late.length },
      }),
    ];
  } finally {
    await watch.stop();
  }
}

/** Services that start before their stores are there: how long after the stores all of them are ready. */
async function startFigures(target: FaultSystem, { isQuick }: OutageOptions): Promise<readonly EventFigure[]> {
  const { system } = target;
  const seconds: number[] = [];
  for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
    setStores(target, false);
    await restartAll(target);
    await untilReady(system.gatewayUrl);
    setStores(target, true);
    const healedAtMs = performance.now();
    const addresses = [system.gatewayUrl, system.evaluatorUrl, system.controlUrl];
    await Promise.all(addresses.map(untilReady));
    seconds.push((performance.now() - healedAtMs) / 1_000);
  }
  const value = Math.max(...seconds);
  const interval = [Math.min(...seconds), value] as const;
  return [figureOf({ id: 'start_before_store_s', value, op: '<=', bar: START_S_MAX, n: seconds.length, interval })];
}

async function restartAll({ system }: FaultSystem): Promise<void> {
  const services = ['gateway', 'evaluator', 'optimizer'] as const;
  const pids = services.map((service) => system.pidOf(service));
  for (const pid of pids) if (pid !== undefined) process.kill(pid, 'SIGKILL');
  const deadline = performance.now() + READY_MS;
  while (services.some((service, index) => [undefined, pids[index]].includes(system.pidOf(service)))) {
    if (performance.now() > deadline) throw new Error('the services were not started again');
    await delay(POLL_MS);
  }
}

async function untilReady(address: string): Promise<void> {
  const readiness = await waitUntilReady(address, READY_MS, new AbortController().signal);
  if (readiness.type !== 'ready') throw new Error(`${address} did not get ready: ${readiness.reason}`);
}
