import * as z from 'zod';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { createLog } from '#shared/log.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { createDrainer } from '#shared/spool/drainer.ts';
import { serveSpoolThread, spoolThreadSettings } from '#shared/spool/serve-spool-thread.ts';
import { redactPayload } from '../emit/redact-payload.ts';

/** The gateway's second thread: it writes calls to the spool and drains them, so that the first one only serves. */
const CONNECT_TIMEOUT_MS = 2_000;
/** A batch is one transaction at a time; the rest is for counts that are written beside it. */
const POOL_MAX = 2;

const settingsSchema = z.object({
  databaseUrl: z.string(),
  redisUrl: z.string().optional(),
  logLevel: z.string(),
});
export type SpoolThreadSettings = z.infer<typeof settingsSchema>;

const { databaseUrl, redisUrl, logLevel } = settingsSchema.parse(spoolThreadSettings());
const log = createLog('gateway-spool', logLevel);

await serveSpoolThread({
  log,
  clock: Date.now,
  redact: redactPayload,
  drain: async (spool) => {
    const pool = createPool({
      connectionString: databaseUrl,
      role: 'gateway',
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      poolMax: POOL_MAX,
    });
    const backend = createQueueBackend({ log }, { databaseUrl, redisUrl });
    const database = createDatabase(pool);
    const drainer = createDrainer({ spool, database, queue: backend.openQueue('trimtab-score'), log });
    drainer.start();
    return async () => {
      await drainer.stop();
      await backend.close();
      await pool.end();
    };
  },
});
