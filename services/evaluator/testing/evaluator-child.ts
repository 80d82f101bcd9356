import pino from 'pino';
import { configSchema } from '#shared/config/config-schema.ts';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { createEvaluatorService } from '../service.ts';

/** An evaluator in a process of its own, to be killed: `node evaluator-child.ts <database address>`. */
const databaseUrl = process.argv[2];
if (databaseUrl === undefined) throw new Error('usage: evaluator-child.ts <database address>');
const log = pino({ level: 'error' }, pino.destination(2));
const service = createEvaluatorService({
  config: configSchema.parse({}),
  database: createDatabase(createPool({ connectionString: databaseUrl, role: 'evaluator' })),
  backend: createQueueBackend({ log }, { databaseUrl }),
  log,
  send: () => Promise.reject(new Error('this process replays nothing')),
  host: '127.0.0.1',
  port: 0,
  timing: { lockMs: 2_000, stalledIntervalMs: 1_000 },
});
const { port } = await service.start();
process.stdout.write(`listening on ${port}\n`);
