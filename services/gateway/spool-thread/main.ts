import * as z from 'zod';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { createLog } from '#shared/log.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { createDrainer } from '#shared/spool/drainer.ts';
import { createDiskEraser } from '#shared/spool/erase-on-disk.ts';
import { serveSpoolThread, spoolDirectory, spoolThreadSettings } from '#shared/spool/serve-spool-thread.ts';
import { redactPayload } from '../emit/redact-payload.ts';

/** The gateway's second thread: it writes calls to the spool and drains them, so that the first one only serves. */
const CONNECT_TIMEOUT_MS = 2_000;
/**
 * Node cuts small buffers from pieces of 64 kB, and one that lives until its batch is stored keeps all of its piece: in
 * this thread nearly every piece has one.
 */
const BUFFER_POOL_BYTES = 8 * 1_024;
/** A batch is one transaction at a time; the rest is for counts that are written beside it. */
const POOL_MAX = 2;
/** How soon a purge reaches the disk of a gateway. */
const ERASE_INTERVAL_MS = 5_000;

const settingsSchema = z.object({
  databaseUrl: z.string(),
  redisUrl: z.string().optional(),
  logLevel: z.string(),
});
export type SpoolThreadSettings = z.infer<typeof settingsSchema>;

Buffer.poolSize = BUFFER_POOL_BYTES;
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
    const eraseOnDisk = createDiskEraser({ database, spool, directory: spoolDirectory(), log });
    let erasing: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      // What the store does not say now it says at the next look.
      erasing = erasing.then(eraseOnDisk).catch((error: unknown) => log.debug({ error }, 'erasing on disk waits'));
    }, ERASE_INTERVAL_MS);
    return async () => {
      clearInterval(timer);
      await erasing;
      await drainer.stop();
      await backend.close();
      await pool.end();
    };
  },
});
