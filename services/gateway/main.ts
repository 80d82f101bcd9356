import { join } from 'node:path';
import { loadConfig } from '#shared/config/load-config.ts';
import { watchConfigFile } from '#shared/config/watch-config-file.ts';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { listenForPolicies } from '#shared/database/policy-listener.ts';
import { readEnvironment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createLog } from '#shared/log.ts';
import { openTelemetry } from '#shared/open-telemetry.ts';
import { startSpoolThread } from '#shared/spool/spool-thread.ts';
import { stopOnSignal } from '#shared/stop-on-signal.ts';
import { createPageFetcher } from '#shared/upstream/fetch-page.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { createGatewayConfig } from './config.ts';
import { readGatewayId } from './gateway-id.ts';
import { createGatewayService } from './service.ts';
import type { SpoolThreadSettings } from './spool-thread/main.ts';

const STOP_DEADLINE_MS = 20_000;
/** A request may wait for the store a little, in the look-up of a session; nothing of ours waits long to connect. */
const CONNECT_TIMEOUT_MS = 2_000;

const environment = readEnvironment(process.env);
const log = createLog('gateway', environment.logLevel);
const { databaseUrl } = environment;
if (databaseUrl === undefined) {
  throw new TrimtabError('invalid_config', 'the gateway needs DATABASE_URL; `trimtab up` sets it for its services');
}
const config = createGatewayConfig(await loadConfig(environment.configPath, environment.variables), environment);
const { directory, projectId } = config;
const gatewayId = await readGatewayId(directory);
const pool = createPool({ connectionString: databaseUrl, role: 'gateway', connectTimeoutMs: CONNECT_TIMEOUT_MS });
const database = createDatabase(pool);
const threadSettings: SpoolThreadSettings = {
  databaseUrl,
  redisUrl: environment.redisUrl,
  logLevel: environment.logLevel,
};
const spool = await startSpoolThread(
  {
    directory: join(directory, 'spool'),
    gatewayId,
    projectId,
    entry: new URL('./spool-thread/main.ts', import.meta.url),
    settings: threadSettings,
    log,
    clock: Date.now,
  },
  { spoolBytesMax: config.spoolBytesMax },
);
const telemetry = await openTelemetry({
  endpoint: environment.otlpEndpoint,
  serviceName: 'trimtab-gateway',
  serviceVersion: packageJson.version,
});
const service = createGatewayService({
  config,
  gatewayId,
  host: environment.host,
  port: environment.ports.gateway,
  database,
  listen: (onNotify) => listenForPolicies(databaseUrl, onNotify),
  spool,
  telemetry,
  pages: createPageFetcher('public'),
  log,
  now: Date.now,
});

const watch = watchConfigFile(environment.configPath, async () => {
  try {
    config.reload(await loadConfig(environment.configPath, environment.variables));
    log.info('providers and models were read anew');
  } catch (error) {
    log.error({ err: error }, 'the changed configuration cannot be used; that of before stays in force');
  }
});

/** Calls first, then what they left in the spool. */
const stop = async (): Promise<void> => {
  watch.stop();
  await service.stop();
  await spool.close();
  await telemetry.shutdown().catch((error: unknown) => log.warn({ err: error }, 'spans were not sent'));
  await pool.end();
};
stopOnSignal(log, stop, { what: 'the gateway', deadlineMs: STOP_DEADLINE_MS });
const { port } = await service.start();
log.info({ port, gatewayId, project: projectId }, 'the gateway serves calls');
