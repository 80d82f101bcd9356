import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { captureContent } from '#shared/capture/capture-content.ts';
import { configSchema, type TrimtabConfig } from '#shared/config/config-schema.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { importGovernance } from '#shared/database/governance-store.ts';
import { listenForPolicies } from '#shared/database/policy-listener.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import { createLog, type Log } from '#shared/log.ts';
import { recordOfOffer } from '#shared/spool/offered-call.ts';
import type { Telemetry } from '#shared/telemetry.ts';
import { createFakeProvider, type FakeProvider, type FakeProviderOptions } from '#shared/testing/fake-provider.ts';
import type { FakeReply, FakeScript } from '#shared/testing/fake-reply.ts';
import { createPageFetcher } from '#shared/upstream/fetch-page.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { createGatewayConfig } from '../config.ts';
import { createGatewayService, type GatewayService } from '../service.ts';

/** A gateway in this process on a real socket, with a recorder where its spool would be. */
export interface TestGateway {
  readonly baseUrl: string;
  readonly service: GatewayService;
  readonly records: readonly CallRecord[];
  readonly begun: readonly string[];
  /** Waits until so many calls are recorded. */
  recorded(count: number): Promise<readonly CallRecord[]>;
  stop(): Promise<void>;
}

interface TestGatewayOptions {
  readonly databaseUrl: string;
  readonly config: TrimtabConfig;
  readonly dataDir: string;
  readonly telemetry?: Telemetry;
  readonly now?: () => number;
  readonly spoolBytes?: number;
  /** Stands in for the cloud that hands out tokens. */
  readonly tokenFetch?: GuardedFetch;
  readonly log?: Log;
  /** Called with every begin marker. */
  readonly onBegin?: (callId: string) => void;
}

export const SPOOL_BYTES_MAX = 1_000_000;

async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const records: CallRecord[] = [];
  const begun: string[] = [];
  const pool = createPool({ connectionString: options.databaseUrl, role: 'gateway', connectTimeoutMs: 500 });
  const service = createGatewayService({
    config: createGatewayConfig(options.config, { dataDir: options.dataDir }),
    gatewayId: 'test-gateway',
    host: '127.0.0.1',
    port: 0,
    database: createDatabase(pool),
    listen: (onNotify) => listenForPolicies(options.databaseUrl, onNotify),
    spool: {
      begin(callId) {
        options.onBegin?.(callId);
        begun.push(callId);
      },
      offer(offered) {
        const record = 'v' in offered ? offered : recordOfOffer(offered);
        records.push(record.call.capture === 'redacted' ? captureContent(record, 'redacted') : record);
        return 'accepted';
      },
      isFull: () => (options.spoolBytes ?? 0) >= SPOOL_BYTES_MAX,
      stats: () => ({
        ...{
          bufferedRecords: 0,
          pendingRecords: 0,
          openCalls: 0,
          bytes: options.spoolBytes ?? 0,
          bytesMax: SPOOL_BYTES_MAX,
        },
        ...{ records: records.length, dropped: 0, lostBeforeDurable: 0, writeFailures: 0, damagedPlaces: 0 },
        sinceDurableMs: null,
      }),
    },
    telemetry: options.telemetry ?? { recordCall: () => undefined, shutdown: async () => undefined },
    // Pages of a test are on this machine.
    pages: createPageFetcher('private'),
    log: options.log ?? createLog('gateway-test', 'silent'),
    now: options.now ?? Date.now,
    ...(options.tokenFetch === undefined ? {} : { tokenFetch: options.tokenFetch }),
  });
  const { port } = await service.start();
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    service,
    records,
    begun,
    async recorded(count) {
      await until(() => records.length >= count);
      return records;
    },
    async stop() {
      await service.stop();
      await pool.end();
    },
  };
}

/** Everything that a test of the gateway opens, closed in one step. */
export interface TestBench {
  readonly dataDir: string;
  provider(script: FakeScript | FakeReply, options?: Partial<FakeProviderOptions>): Promise<FakeProvider>;
  gateway(config: TrimtabConfig, options?: Partial<TestGatewayOptions>): Promise<TestGateway>;
  close(): Promise<void>;
}

export async function createTestBench(databaseUrl: string): Promise<TestBench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'trimtab-gateway-'));
  const closing: (() => Promise<void>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  return {
    dataDir,
    async provider(script, options = {}) {
      const run: FakeScript = typeof script === 'function' ? script : () => script;
      const provider = await createFakeProvider({ format: 'openai-chat', ...options, script: run });
      closing.push(() => provider.close());
      return provider;
    },
    async gateway(config, options = {}) {
      const gateway = await startTestGateway({ databaseUrl, config, dataDir, ...options });
      closing.push(() => gateway.stop());
      return gateway;
    },
    async close() {
      for (const close of closing.toReversed()) await close();
    },
  };
}

/** A configuration whose project is new in the database, and its first policy. */
export async function seedConfig(admin: Database, config: Record<string, unknown>): Promise<TrimtabConfig> {
  const parsed = configSchema.parse(config);
  await importGovernance(admin, parsed, 'file:/test/trimtab.yaml');
  return parsed;
}

const DEADLINE_MS = 20_000;
const STEP_MS = 5;

/** Waits for a condition, with a deadline. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await delay(STEP_MS);
  }
}

export function adminDatabase(databaseUrl: string): Database {
  return createDatabase(createPool({ connectionString: databaseUrl, role: 'admin' }));
}
