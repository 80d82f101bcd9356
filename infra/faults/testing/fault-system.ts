import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';
import { createFaultProxy, type FaultProxy } from '#shared/testing/fault-proxy.ts';
import { createRedisServer, findRedisServer, type RedisServer } from '#shared/testing/redis-server.ts';
import type { TestDatabase } from '#shared/testing/test-database.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { spoolFolderOf } from '../../testing/answered-calls.ts';
import { startWholeSystem, type WholeSystem } from '../../testing/whole-system.ts';
import { redisFolder } from './redis-control.ts';

export type Backend = 'PostgreSQL' | 'Redis';

const redis = findRedisServer(process.env);
if (!redis.available) process.stdout.write(`SKIPPED: the Redis backend, ${redis.reason}\n`);
export const BACKENDS: readonly Backend[] = redis.available ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'];

/** The whole system with a proxy before each of its stores, on a machine where all of it can be killed. */
export interface FaultSystem {
  readonly backend: Backend;
  readonly seed: number;
  readonly system: WholeSystem;
  readonly provider: FakeProvider;
  /** Between the services and PostgreSQL; the test itself goes past it. */
  readonly databaseProxy: FaultProxy;
  readonly redis: { readonly server: RedisServer; readonly proxy: FaultProxy } | null;
  /** The clients' credential. */
  readonly apiKey: string;
  readonly secrets: readonly string[];
  /** Everything that is written to a disk by it, but PostgreSQL's own files. */
  readonly folders: readonly string[];
  readonly spoolFolder: string;
  readonly policyCopy: string;
  /** Memory of a service's process, mebibytes. */
  rssMb(service: string): number;
  stop(): Promise<void>;
}

export interface FaultSystemOptions {
  readonly backend: Backend;
  readonly seed: number;
  readonly database?: TestDatabase;
  /** JSON of a scenario for the provider. */
  readonly scenario?: unknown;
  /** Where a judge answers; without one there is none. */
  readonly judgeUrl?: string;
  /** Of a trimtab.yaml, beside what is here anyway. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of the services' environment, beside what is there anyway. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A folder that is there already, in place of a new one. */
  readonly dataDir?: string;
}

const SECRET_BYTES = 12;
/** A provider takes its time, so that calls are in flight at every moment. */
const SCENARIO = { faults: [{ kind: 'slow', headersDelayMs: 30 }] };

export async function startFaultSystem(options: FaultSystemOptions): Promise<FaultSystem> {
  const { backend, seed, database, dataDir } = options;
  const random = createSeededRandom(seed).uniform;
  const secretOf = (owner: string) => `canary-${owner}-${randomBytes(SECRET_BYTES).toString('hex')}`;
  const [providerKey, apiKey] = [secretOf('provider'), secretOf('client')];
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.reverse()) await each();
  };
  try {
    const redisParts = backend === 'Redis' ? await startRedis(random, stops) : null;
    const scenario = fakeScenarioSchema.parse(options.scenario ?? SCENARIO);
    const provider = await createFakeProvider({ format: 'openai-chat', script: createScenarioScript(scenario).script });
    stops.push(() => provider.close());
    const proxies: FaultProxy[] = [];
    const system = await startWholeSystem(
      { ...configFor(provider, options.judgeUrl), ...options.config },
      redisParts === null ? undefined : `redis://127.0.0.1:${redisParts.proxy.port}`,
      {
        ...(database === undefined ? {} : { database }),
        ...(dataDir === undefined ? {} : { dataDir }),
        variables: { TEST_API_KEY: providerKey, ...options.variables },
        databaseUrlOf: async (direct) => {
          const proxy = await createFaultProxy({ port: Number(new URL(direct).port) }, { random });
          proxies.push(proxy);
          stops.push(() => proxy.close());
          const url = new URL(direct);
          url.hostname = '127.0.0.1';
          url.port = String(proxy.port);
          return url.href;
        },
      },
    );
    stops.push(() => system.stop());
    const [databaseProxy] = proxies;
    if (databaseProxy === undefined) throw new Error('the system was started without its proxy');
    const folders = [system.dataDir, ...(redisParts === null ? [] : [await redisFolder(redisParts.server)])];
    return {
      ...{ backend, seed, system, provider, databaseProxy, redis: redisParts, apiKey, folders, stop },
      secrets: [providerKey, apiKey],
      spoolFolder: spoolFolderOf(system.dataDir),
      policyCopy: join(system.dataDir, 'gateway', 'policies.json'),
      rssMb: (service) => rssMbOf(system.pidOf(service)),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Not a number while the process is between two lives, and where there is no /proc. */
function rssMbOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
  } catch {
    return Number.NaN;
  }
}

async function startRedis(
  random: () => number,
  stops: (() => Promise<void>)[],
): Promise<NonNullable<FaultSystem['redis']>> {
  if (!redis.available) throw new Error(redis.reason);
  const server = await createRedisServer(redis.program);
  stops.push(() => server.dispose());
  await server.start();
  const proxy = await createFaultProxy({ port: Number(new URL(server.url).port) }, { random });
  stops.push(() => proxy.close());
  return { server, proxy };
}

const JUDGE = { provider: 'judge', model: 'judge-1', price: { input: 1, output: 2 } };
/** Of the judge: what it costs is not what a fault is about. */
const JUDGE_BUDGET_USD = 1_000;

function configFor(provider: FakeProvider, judgeUrl: string | undefined): Readonly<Record<string, unknown>> {
  const judges = judgeUrl === undefined ? [] : [{ ...JUDGE, dailyBudgetUsd: JUDGE_BUDGET_USD }];
  const judge = { format: 'openai-chat', baseUrl: judgeUrl, network: 'private', apiKey: `\${TEST_API_KEY}` };
  const swift = { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' };
  return {
    providers: { swift: { ...swift, apiKey: `\${TEST_API_KEY}` }, ...(judgeUrl === undefined ? {} : { judge }) },
    judges,
    models: [
      { id: 'swift-1', provider: 'swift', price: { input: 1, output: 2 } },
      { id: 'swift-2', provider: 'swift', price: { input: 1, output: 2 } },
    ],
    routes: [{ id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'swift-1', weight: 1 }] }],
    governance: { session: { idle: '2s' } },
  };
}
