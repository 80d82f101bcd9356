import { loadConfig } from '#shared/config/load-config.ts';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { readEnvironment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createLog } from '#shared/log.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { stopOnSignal } from '#shared/stop-on-signal.ts';
import { ensureAdminToken } from './api/token-file.ts';
import { createOptimizerConfig, optimizersFolderOf } from './config.ts';
import { createEmbedder } from './create-embedder.ts';
import { createTeacher } from './create-teacher.ts';
import { PROMPT_OPTIMIZERS } from './prompts/registry.ts';
import { openOptimizers } from './prompts/runs/open-optimizers.ts';
import { createOptimizerService } from './service.ts';

const STOP_DEADLINE_MS = 15_000;
/** Levers are pulled by hand. */
const PEOPLE_POOL_MAX = 2;

const environment = readEnvironment(process.env);
const log = createLog('optimizer', environment.logLevel);
const { databaseUrl } = environment;
if (databaseUrl === undefined) {
  throw new TrimtabError('invalid_config', 'the optimizer needs DATABASE_URL; `trimtab up` sets it for its services');
}
const file = await loadConfig(environment.configPath, environment.variables);
const config = createOptimizerConfig(file);
const pool = createPool({ connectionString: databaseUrl, role: 'optimizer' });
const peoplePool = createPool({ connectionString: databaseUrl, role: 'admin', poolMax: PEOPLE_POOL_MAX });
const backend = createQueueBackend({ log }, { databaseUrl, redisUrl: environment.redisUrl });
if (environment.adminToken === undefined) {
  const token = await ensureAdminToken(environment.dataDir);
  if (token !== null) process.stdout.write(`First-run admin token of the API, shown once: ${token}\n`);
}
const service = createOptimizerService({
  config,
  database: createDatabase(pool),
  people: createDatabase(peoplePool),
  databaseUrl,
  backend,
  teacher: createTeacher(file, config.teacher),
  embedder: createEmbedder(file),
  optimizers: await openOptimizers({ log }, PROMPT_OPTIMIZERS, optimizersFolderOf(file, environment)),
  log,
  ...{ dataDir: environment.dataDir, adminToken: environment.adminToken },
  ...{ host: environment.host, port: environment.ports.optimizer },
});

const stop = async (): Promise<void> => {
  await service.stop();
  await backend.close();
  await pool.end();
  await peoplePool.end();
};
stopOnSignal(log, stop, { what: 'the optimizer', deadlineMs: STOP_DEADLINE_MS });
await service.start();
