import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectConfig } from '#shared/config/load-config.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { readEnvironment } from '#shared/environment.ts';
import { createLog } from '#shared/log.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { prepareSystem } from '../../bin/commands/prepare-system.ts';
import { type Supervisor, startSupervisor } from '../start-supervisor.ts';

export interface WholeSystem {
  readonly gatewayUrl: string;
  readonly controlUrl: string;
  readonly evaluatorUrl: string;
  readonly token: string;
  readonly database: Database;
  readonly dataDir: string;
  readonly configPath: string;
  /** For commands of a person beside it. */
  readonly environment: Readonly<Record<string, string>>;
  pidOf(service: string): number | undefined;
  stop(): Promise<void>;
}

export interface WholeSystemOptions {
  /** A database of one's own, in place of a fresh copy of the run's. */
  readonly database?: TestDatabase;
  /** The address that the services get, which may be that of a proxy before the database. */
  readonly databaseUrlOf?: (connectionString: string) => Promise<string>;
  /** Of the services' environment, beside or in place of what they get anyway. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A folder that is there already, in place of a new one. */
  readonly dataDir?: string;
}

const TOKEN = 'test-admin-token';
/** Processes are killed in these tests; they shall come back at once. */
const QUICK_TIMING = { restartDelayMinMs: 100, restartDelayMaxMs: 500 };

/**
 * The system of `trimtab up` on a test database and a configuration: real child processes, real sockets, real queues.
 *
 * @param config JSON of a trimtab.yaml
 */
export async function startWholeSystem(
  config: unknown,
  redisUrl?: string,
  options: WholeSystemOptions = {},
): Promise<WholeSystem> {
  const testDatabase = options.database ?? (await createTestDatabase());
  const { connectionString } = testDatabase;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'trimtab-system-'));
  const configPath = join(dataDir, 'trimtab.yaml');
  writeFileSync(configPath, JSON.stringify(config, null, 2));
  const variables = {
    PATH: process.env['PATH'] ?? '',
    TEST_API_KEY: 'test',
    DATABASE_URL: (await options.databaseUrlOf?.(connectionString)) ?? connectionString,
    TRIMTAB_DATA_DIR: dataDir,
    TRIMTAB_CONFIG: configPath,
    TRIMTAB_ADMIN_TOKEN: TOKEN,
    TRIMTAB_GATEWAY_PORT: '0',
    TRIMTAB_OPTIMIZER_PORT: '0',
    TRIMTAB_EVALUATOR_PORT: '0',
    LOG_LEVEL: 'warn',
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...options.variables,
  };
  const pool = createPool({ connectionString, role: 'owner', poolMax: 4 });
  let supervisor: Supervisor | undefined;
  const stop = async (): Promise<void> => {
    await supervisor?.stop();
    await pool.end();
    await testDatabase.drop();
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const loaded = await inspectConfig(configPath, variables);
    supervisor = await startSupervisor({
      environment: readEnvironment(variables),
      log: createLog('supervisor', 'silent'),
      logFolder: join(dataDir, 'logs'),
      timing: QUICK_TIMING,
      prepare: async (databaseUrl) => {
        await prepareSystem({ databaseUrl, config: loaded.config, configPath });
      },
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const service = (name: string) => supervisor.services.find((each) => each.name === name);
  return {
    gatewayUrl: service('gateway')?.address ?? '',
    controlUrl: service('optimizer')?.address ?? '',
    evaluatorUrl: service('evaluator')?.address ?? '',
    token: TOKEN,
    database: createDatabase(pool),
    dataDir,
    configPath,
    environment: {
      ...variables,
      TRIMTAB_GATEWAY_PORT: portOf(service('gateway')),
      TRIMTAB_OPTIMIZER_PORT: portOf(service('optimizer')),
      TRIMTAB_EVALUATOR_PORT: portOf(service('evaluator')),
    },
    pidOf: (name) => service(name)?.pid(),
    stop,
  };
}

function portOf(service: { readonly address: string } | undefined): string {
  return service === undefined ? '0' : new URL(service.address).port;
}
