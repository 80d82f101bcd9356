import { join } from 'node:path';
import { loadConfig } from '#shared/config/load-config.ts';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { listenForPolicies } from '#shared/database/policy-listener.ts';
import { readEnvironment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createLog } from '#shared/log.ts';
import { watchParent } from '#shared/parent-watch.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { createDrainer } from '#shared/spool/drainer.ts';
import { openSpool } from '#shared/spool/open-spool.ts';
import { createTelemetry } from '#shared/telemetry.ts';
import { createPageFetcher } from '#shared/upstream/fetch-page.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { createGatewayConfig } from './config.ts';
import { readGatewayId } from './gateway-id.ts';
import { createGatewayService } from './service.ts';

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
const backend = createQueueBackend({ log }, { databaseUrl, redisUrl: environment.redisUrl });
const spool = await openSpool({ directory: join(directory, 'spool'), gatewayId, log, clock: Date.now }, { projectId });
const drainer = createDrainer({ spool, database, queue: backend.openQueue('trimtab-score'), log });
const telemetry = createTelemetry({
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

let stopped: Promise<void> | undefined;
/** Calls first, then what they left in the spool, then the connections that the spool drains through. */
const stop = (): Promise<void> => {
  stopped ??= (async () => {
    await service.stop();
    await drainer.stop();
    await spool.close();
    await telemetry.shutdown().catch((error: unknown) => log.warn({ err: error }, 'spans were not sent'));
    await backend.close();
    await pool.end();
  })();
  return stopped;
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the gateway did not stop cleanly');
        process.exit(1);
      },
    );
  });
}
watchParent(stop);
const { port } = await service.start();
drainer.start();
log.info({ port, gatewayId, project: projectId }, 'the gateway serves calls');
