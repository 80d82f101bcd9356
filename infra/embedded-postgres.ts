import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPool } from '#shared/database/connect.ts';
import { TrimtabError } from '#shared/errors.ts';
import { acquireFolderLock, type FolderLock } from '#shared/folder-lock.ts';
import { freePort, isPortFree } from '#shared/free-port.ts';
import { isRunning, type ProcessRecord } from '#shared/process-identity.ts';
import { adoptPostmaster } from './adopt-postmaster.ts';
import { openDataFolder } from './data-folder.ts';
import {
  connectionStringOf,
  createEmbeddedSettings,
  EMBEDDED_NAME,
  type EmbeddedSettings,
  readEmbeddedSettings,
  writeEmbeddedSettings,
} from './embedded-settings.ts';
import { initialisePostgres } from './initialise-postgres.ts';
import type { Log } from './log.ts';
import { lowerPriority } from './lower-priority.ts';
import { locatePostgresBinaries } from './postgres-binaries.ts';
import { choosePgdata, reachableBinaries } from './postgres-location.ts';
import { canEnter, type PostgresUser, resolvePostgresUser } from './postgres-user.ts';
import { type PostmasterOptions, type RunningPostmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import { sendSignal } from './stop-processes.ts';

export interface EmbeddedPostgresOptions {
  /** The data folder; the database lies in its `postgres`, unless PostgreSQL's user cannot get in there. */
  readonly dataDir: string;
  readonly log: Log;
  /** Where root puts what PostgreSQL's user must reach when the data folder or node_modules is closed to it. */
  readonly fallbackRoot?: string;
  /** Extra server settings; tests give up durability with them. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  readonly connectionString: string;
  /** True when a server that a killed predecessor left running was taken over. */
  readonly adopted: boolean;
  readonly pid: number;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Shuts the server down and gives the folder free. Whoever uses the database must have stopped before. */
  stop(): Promise<void>;
  /** Ends the server without a checkpoint, for who cannot wait; the next start recovers. `stop` is still due. */
  force(): void;
}

/** On a machine that is short of processors calls go first; they wait for no database. */
const NICENESS = 5;
const FALLBACK_ROOT = '/var/lib/trimtab';
const EXIT_POLL_MS = 200;
/** A port may be taken between our look and the server's; each attempt tries another. */
const PORT_ATTEMPTS = 3;

function takeLock(path: string): FolderLock {
  const outcome = acquireFolderLock(path);
  if (outcome.type === 'acquired') return outcome.lock;
  throw new TrimtabError('conflict', `Process ${outcome.pid} already runs this database (${path}).`);
}

/** Starts the server on the remembered port, or on another one when that is taken. */
async function startOnFreePort(usual: number, server: PostmasterOptions): Promise<RunningPostmaster> {
  for (let attempt = 1; ; attempt++) {
    const port = (await isPortFree(usual)) ? usual : await freePort();
    try {
      return { ...(await startPostmaster({ ...server, port })), port };
    } catch (error) {
      if (attempt >= PORT_ATTEMPTS || (await isPortFree(port))) throw error;
    }
  }
}

/** The first start may have been cut between making the files and making the database. */
async function ensureDatabase(settings: EmbeddedSettings): Promise<void> {
  const pool = createPool({ connectionString: connectionStringOf(settings, 'postgres'), role: 'owner', poolMax: 1 });
  try {
    const found = await pool.query('select 1 from pg_database where datname = $1', [EMBEDDED_NAME]);
    if (found.rowCount === 0) await pool.query(`create database ${EMBEDDED_NAME}`);
  } finally {
    await pool.end();
  }
}

async function exitOf(postmaster: ProcessRecord): Promise<void> {
  while (isRunning(postmaster)) await delay(EXIT_POLL_MS, undefined, { ref: false });
}

function createHandle(
  postmaster: ProcessRecord,
  connectionString: string,
  adopted: boolean,
  release: () => void,
): EmbeddedPostgres {
  lowerPriority(postmaster.pid, NICENESS);
  return {
    connectionString,
    adopted,
    pid: postmaster.pid,
    exited: exitOf(postmaster),
    async stop() {
      await stopPostmaster(postmaster);
      release();
    },
    force: () => sendSignal(postmaster.pid, 'SIGQUIT'),
  };
}

interface Location {
  readonly user: PostgresUser;
  readonly pgdata: string;
  readonly settings: EmbeddedSettings;
}

/** Where this data folder's database is: as remembered, or chosen now and remembered before anything is made there. */
async function locateDatabase(dataDir: string, fallbackRoot: string): Promise<Location> {
  const inside = join(dataDir, 'postgres');
  const known = readEmbeddedSettings(dataDir);
  const usual = known?.pgdata ?? inside;
  const user = resolvePostgresUser(usual);
  if (existsSync(usual)) {
    if (known === undefined)
      throw new TrimtabError(
        'invalid_config',
        `${dataDir}/postgres.json, which holds the password of the database in ${usual}, is missing. Put it back, or move that folder away and a new database is made.`,
      );
    if (!canEnter(user, dirname(usual)))
      throw new TrimtabError(
        'invalid_config',
        `PostgreSQL does not run as root, and its user cannot enter ${dirname(usual)}. Let other users pass through that folder and those above it (chmod o+x).`,
      );
    return { user, pgdata: usual, settings: known };
  }
  const settings = known ?? createEmbeddedSettings(await freePort());
  const pgdata = choosePgdata(dataDir, fallbackRoot, settings.clusterName, user);
  const remembered = pgdata === inside ? settings : { ...settings, pgdata };
  writeEmbeddedSettings(dataDir, remembered);
  return { user, pgdata, settings: remembered };
}

/** Everything that must be true of the folder before a server is started or taken over in it. */
async function prepareServer(location: Location, options: EmbeddedPostgresOptions): Promise<PostmasterOptions> {
  const { user, pgdata, settings } = location;
  const binaries = locatePostgresBinaries();
  const programs = reachableBinaries(binaries, options.fallbackRoot ?? FALLBACK_ROOT, user);
  const major = binaries.version.split('.')[0] ?? '';
  const created = await initialisePostgres({ binaries: programs, pgdata, password: settings.password, user, major });
  if (created) options.log.info({ pgdata }, 'made a new PostgreSQL database');
  const { clusterName, port } = settings;
  return { binaries: programs, pgdata, clusterName, port, user, settings: options.settings ?? {} };
}

/**
 * Real PostgreSQL 18 for one machine, in the data folder: made at the first start, resumed at every later one, taken
 * over when a killed predecessor left it running. Listens on loopback only, with a random password.
 * Throws `conflict` when another process runs it, `invalid_config` with what to do when it cannot run here.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = openDataFolder(options.dataDir);
  const locks = [takeLock(join(dataDir, 'postgres.lock'))];
  const release = () => {
    for (const lock of locks) lock.release();
  };
  let postmaster: ProcessRecord | undefined;
  try {
    const location = await locateDatabase(dataDir, options.fallbackRoot ?? FALLBACK_ROOT);
    // A copied data folder points to the same place outside it.
    if (dirname(location.pgdata) !== dataDir) locks.push(takeLock(`${location.pgdata}.lock`));
    const server = await prepareServer(location, options);
    const taken = await adoptPostmaster(server, options.log);
    const running = taken ?? (await startOnFreePort(location.settings.port, server));
    postmaster = running;
    const settings = { ...location.settings, port: running.port };
    if (settings.port !== location.settings.port) writeEmbeddedSettings(dataDir, settings);
    await ensureDatabase(settings);
    return createHandle(running, connectionStringOf(settings), taken !== undefined, release);
  } catch (error) {
    if (postmaster !== undefined) await stopPostmaster(postmaster);
    release();
    throw error;
  }
}
