import { setTimeout as delay } from 'node:timers/promises';
import { createPool } from '#shared/database/connect.ts';
import { TrimtabError } from '#shared/errors.ts';
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts';

/** The database of this machine: our own server in the data folder, or one that somebody else runs. */
export interface OpenDatabase {
  readonly url: string;
  readonly embedded: boolean;
  /** True when a server that a killed predecessor left running was taken over. */
  readonly adopted: boolean;
  /** Settles when our own server has ended; never for a server that is not ours. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
  /** Ends our own server without a checkpoint; the next start recovers. */
  force(): void;
}

const LOOK_INTERVAL_MS = 250;

async function answers(databaseUrl: string): Promise<Error | undefined> {
  const pool = createPool({ connectionString: databaseUrl, role: 'owner', poolMax: 1 });
  try {
    await pool.query('select 1');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await pool.end();
  }
}

/** Waits for a database that may be starting beside us, as under Docker Compose. */
async function waitForDatabase(databaseUrl: string, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (let problem = await answers(databaseUrl); problem !== undefined; problem = await answers(databaseUrl)) {
    if (performance.now() > deadline) {
      const { host } = new URL(databaseUrl);
      throw new TrimtabError(
        'store_unavailable',
        `No PostgreSQL answers at DATABASE_URL (${host}): ${problem.message}`,
        {
          cause: problem,
        },
      );
    }
    await delay(LOOK_INTERVAL_MS);
  }
}

/** Opens the database at `databaseUrl`, or starts our own. */
export async function openDatabase(
  databaseUrl: string | undefined,
  deadlineMs: number,
  own: EmbeddedPostgresOptions,
): Promise<OpenDatabase> {
  if (databaseUrl !== undefined) {
    await waitForDatabase(databaseUrl, deadlineMs);
    const nothing = async () => {};
    const { promise: exited } = Promise.withResolvers<void>();
    return { url: databaseUrl, embedded: false, adopted: false, exited, stop: nothing, force: () => {} };
  }
  const server = await startEmbeddedPostgres(own);
  return {
    url: server.connectionString,
    embedded: true,
    adopted: server.adopted,
    exited: server.exited,
    stop: server.stop,
    force: server.force,
  };
}
