import * as z from 'zod';
import { createDatabase, createPool } from '../database/connect.ts';
import { createLog } from '../log.ts';
import { createDrainer } from '../spool/drainer.ts';
import { serveSpoolThread, spoolThreadSettings } from '../spool/serve-spool-thread.ts';

/** The program of a spool's thread in tests: it drains into the database that it is told of, or not at all. */
const settings = z.object({ databaseUrl: z.string().nullable() }).parse(spoolThreadSettings());
const log = createLog('spool-thread-test', 'silent');

await serveSpoolThread({
  log,
  clock: Date.now,
  redact: (payload) => Buffer.from(payload.toString('latin1').replaceAll('SECRET', '******'), 'latin1'),
  drain: async (spool) => {
    if (settings.databaseUrl === null) return async () => {};
    const database = createDatabase(
      createPool({ connectionString: settings.databaseUrl, role: 'gateway', poolMax: 2 }),
    );
    const drainer = createDrainer({ spool, database, queue: { addBulk: async () => {} }, log });
    drainer.start();
    return async () => {
      await drainer.stop();
      await database.destroy();
    };
  },
});
