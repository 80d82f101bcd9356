import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '#shared/config/load-config.ts';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { readEnvironment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createLog } from '#shared/log.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { stopOnSignal } from '#shared/stop-on-signal.ts';
import { createUpstreamPools } from '#shared/upstream/upstream-pools.ts';
import { scorersFolderOf } from './config.ts';
import { openCustomScorers } from './custom-scorers/open-custom-scorers.ts';
import { createReplayPace } from './replay-pace.ts';
import { createSendReplay } from './send-replay.ts';
import { createEvaluatorService } from './service.ts';
import { loadSyntaxChecker } from './syntax/load-syntax-checker.ts';

const STOP_DEADLINE_MS = 20_000;
/** Left for the connections after the jobs have had their time. */
const JOBS_DEADLINE_MS = 15_000;
/** Scoring reads and writes beside closing of sessions and judging. */
const POOL_MAX = 12;

const environment = readEnvironment(process.env);
const log = createLog('evaluator', environment.logLevel);
const { databaseUrl } = environment;
if (databaseUrl === undefined) {
  throw new TrimtabError('invalid_config', 'the evaluator needs DATABASE_URL; `trimtab up` sets it for its services');
}
const config = await loadConfig(environment.configPath, environment.variables);
const pool = createPool({ connectionString: databaseUrl, role: 'evaluator', poolMax: POOL_MAX });
const backend = createQueueBackend({ log }, { databaseUrl, redisUrl: environment.redisUrl });
const { connectTimeout, firstByteTimeout, idleTimeout } = config.gateway;
const pools = createUpstreamPools({
  connectTimeoutMs: connectTimeout,
  firstByteTimeoutMs: firstByteTimeout,
  idleTimeoutMs: idleTimeout,
});
/** Other gateways' Redis servers: what happens there is none of the business of our own queues. */
const ingest = config.ingest.map(({ redis, queue }) => ({
  backend: createQueueBackend({ log }, { databaseUrl, redisUrl: redis }),
  queue,
}));
const customScorers = await openCustomScorers({ log, now: Date.now }, config, scorersFolderOf(config, environment));
const database = createDatabase(pool);
const pace = createReplayPace(
  // A wait that is broken off is over: who waited looks at the signal.
  {
    database,
    now: Date.now,
    random: Math.random,
    wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
  },
  { projectId: config.project, perMinute: config.optimizer.replaysPerMinute ?? null },
);
const service = createEvaluatorService({
  config,
  database,
  backend,
  log,
  ingest,
  customScorers,
  checkSyntax: await loadSyntaxChecker(),
  send: createSendReplay({ pools, config, now: Date.now, pace }),
  host: environment.host,
  port: environment.ports.evaluator,
});

/** Jobs first, then the connections that they use. */
const stop = async (): Promise<void> => {
  await service.stop(JOBS_DEADLINE_MS);
  await Promise.all(customScorers.map((scorer) => scorer.close()));
  await Promise.all([backend, ...ingest.map((source) => source.backend)].map((each) => each.close(1_000)));
  await pools.close();
  await pool.end();
};
stopOnSignal(log, stop, { what: 'the evaluator', deadlineMs: STOP_DEADLINE_MS });
await service.start();
