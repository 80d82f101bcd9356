import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { configSchema } from '#shared/config/config-schema.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { importGovernance } from '#shared/database/governance-store.ts';
import { activatePolicy, rollBack } from '#shared/database/pointer-store.ts';
import { findPolicy, proposePolicy } from '#shared/database/policy-store.ts';
import { createFakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';
import { type EventFigure, figureOf, known, percentile } from '../event-figure.ts';
import { startGateways } from './start-gateways.ts';
import { type ModelWatch, watchModel } from './watch-model.ts';

export interface RollbackBenchDeps {
  /** Of a migrated database of the bench's own. */
  readonly databaseUrl: string;
  readonly directory: string;
}

const PROJECT = 'default';
const GATEWAYS = 4;
const ROLLBACKS = 250;
const QUICK_ROLLBACKS = 40;
/** Long enough for a gateway that flaps to be caught. */
const SETTLE_MS = 60;
const BAR_MS = 1_000;

/**
 * How long it takes from the command to roll back until every gateway serves the earlier policy: calls of new sessions
 * go through each of four gateway processes all the while. Nothing else runs: no optimizer, no evaluator, no Redis.
 */
export async function rollbackFigures(
  deps: RollbackBenchDeps,
  options: { readonly isQuick: boolean },
): Promise<readonly EventFigure[]> {
  const scenario = fakeScenarioSchema.parse({ format: 'openai-chat', answer: 'done' });
  const provider = await createFakeProvider({ format: 'openai-chat', script: createScenarioScript(scenario).script });
  const config = configOf(provider.baseUrl);
  const pool = createPool({ connectionString: deps.databaseUrl, role: 'admin' });
  const database = createDatabase(pool);
  const directory = join(deps.directory, 'rollback');
  mkdirSync(directory, { recursive: true });
  try {
    await importGovernance(database, configSchema.parse(config), 'file:bench');
    const bad = await proposeOther(database);
    const gateways = await startGateways(GATEWAYS, { directory, databaseUrl: deps.databaseUrl, config });
    const watches = gateways.urls.map(watchModel);
    try {
      const rounds = options.isQuick ? QUICK_ROLLBACKS : ROLLBACKS;
      const measured = [];
      for (let round = 0; round < rounds; round += 1) measured.push(await rollBackOnce(database, bad, watches));
      return figuresOf(measured, watches);
    } finally {
      await Promise.all(watches.map((watch) => watch.stop()));
      await gateways.stop();
    }
  } finally {
    await pool.end();
    await provider.close();
  }
}

interface Measured {
  /** Until each gateway answered a call by the earlier policy, in milliseconds. */
  readonly untilServed: readonly number[];
  readonly commandMs: number;
  /** Calls sent after their gateway had changed over that the bad policy served all the same. */
  readonly flapped: number;
}

async function rollBackOnce(database: Database, bad: string, watches: readonly ModelWatch[]): Promise<Measured> {
  const change = { projectId: PROJECT, actor: 'human:bench', reason: 'a bad policy for the bench' };
  const before = watches.map((watch) => watch.samples.length);
  await activatePolicy(database, { ...change, policyId: bad });
  await Promise.all(watches.map((watch, index) => watch.until(({ model }) => model === 'other', before[index] ?? 0)));
  await delay(SETTLE_MS);
  const from = watches.map((watch) => watch.samples.length);
  const startedAtMs = performance.now();
  await rollBack(database, { ...change, reason: 'the bench takes it back' });
  const commandMs = performance.now() - startedAtMs;
  const served = await Promise.all(
    watches.map((watch, index) => watch.until(({ model }) => model === 'steady', from[index] ?? 0)),
  );
  await delay(SETTLE_MS);
  const flapped = watches.map((watch, index) => {
    const changedAtMs = served[index]?.answeredAtMs ?? 0;
    const later = watch.samples.slice(from[index]).filter((sample) => sample.sentAtMs > changedAtMs);
    return later.filter((sample) => sample.model !== 'steady').length;
  });
  return {
    untilServed: served.map((sample) => sample.answeredAtMs - startedAtMs),
    commandMs,
    flapped: flapped.reduce((sum, count) => sum + count, 0),
  };
}

function figuresOf(measured: readonly Measured[], watches: readonly ModelWatch[]): EventFigure[] {
  const times = measured.flatMap((each) => each.untilServed);
  const slowest = measured.map((each) => Math.max(...each.untilServed));
  const calls = watches.reduce((sum, watch) => sum + watch.samples.length, 0);
  const failed = watches.reduce((sum, watch) => sum + watch.failures(), 0);
  return [
    figureOf({
      ...{ id: 'rollback_p99_ms', value: percentile(times, 0.99), op: '<=', bar: BAR_MS, n: times.length },
      interval: percentileInterval(times, 0.99),
    }),
    { ...known('rollback_p50_ms', percentile(times, 0.5), times.length), interval: percentileInterval(times, 0.5) },
    known('rollback_max_ms', Math.max(...times), times.length),
    known('rollback_all_gateways_p99_ms', percentile(slowest, 0.99), slowest.length),
    known(
      'rollback_command_p99_ms',
      percentile(
        measured.map((each) => each.commandMs),
        0.99,
      ),
      measured.length,
    ),
    figureOf({
      id: 'rollback_flapped',
      value: measured.reduce((sum, each) => sum + each.flapped, 0),
      op: '<=',
      bar: 0,
      n: calls,
    }),
    figureOf({ id: 'rollback_failed_calls', value: failed, op: '<=', bar: 0, n: calls + failed }),
  ];
}

/** Order statistics that hold the percentile with 95 %, by the normal form of the binomial. */
function percentileInterval(values: readonly number[], share: number): readonly [number, number] {
  const sorted = values.toSorted((left, right) => left - right);
  const half = 1.96 * Math.sqrt(sorted.length * share * (1 - share));
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  return [at(sorted.length * share - half), at(sorted.length * share + half)];
}

function configOf(baseUrl: string) {
  const price = { input: 1, output: 2 };
  return {
    providers: { swift: { format: 'openai-chat', baseUrl, network: 'private' } },
    models: [
      { id: 'steady', provider: 'swift', price },
      { id: 'other', provider: 'swift', price },
    ],
    routes: [{ id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'steady', weight: 1 }] }],
  };
}

async function proposeOther(database: Database): Promise<string> {
  const first = await findPolicy(database, PROJECT, 'v1');
  const routes = first.body.routes.map((route) => ({ ...route, targets: [{ model: 'other', weight: 10_000 }] }));
  const { policy } = await proposePolicy(database, {
    ...{ projectId: PROJECT, body: { ...first.body, routes }, parentId: first.policyId, author: 'human:bench' },
    ...{ reason: 'the policy that the bench takes back', evidence: {} },
  });
  return policy.policyId;
}
