import { type SpawnSyncReturns, spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { TrimtabError } from '#shared/errors.ts';
import { EMBEDDED_NAME } from './embedded-settings.ts';
import { type PostgresUser, spawnAs } from './postgres-user.ts';

const DRAFT_SUFFIX = '.initialising-';
const REMOVAL_ATTEMPTS = 100;
const REMOVAL_PAUSE_MS = 50;

export interface InitialiseOptions {
  readonly binaries: string;
  readonly pgdata: string;
  readonly password: string;
  readonly user: PostgresUser;
  /** Major version of the programs, to compare with an existing database. */
  readonly major: string;
}

function draftsOf(pgdata: string): string[] {
  const parent = dirname(pgdata);
  const names = readdirSync(parent).filter((name) => name.startsWith(basename(pgdata) + DRAFT_SUFFIX));
  return names.map((name) => join(parent, name));
}

/**
 * What a killed attempt left behind. It never was a database: only a finished one is renamed to its place. The initdb
 * of the killed attempt may live on and clean up at the same time, and a removal that loses a file to another one ends
 * early without an error, so it is repeated until nothing is left.
 */
async function removeDrafts(pgdata: string): Promise<void> {
  for (let attempt = 0; attempt < REMOVAL_ATTEMPTS; attempt += 1) {
    const drafts = draftsOf(pgdata);
    if (drafts.length === 0) return;
    for (const draft of drafts) rmSync(draft, { recursive: true, force: true, maxRetries: 5 });
    await delay(REMOVAL_PAUSE_MS);
  }
  const left = draftsOf(pgdata);
  if (left.length > 0) throw new TrimtabError('internal', `${left.join(', ')} cannot be removed; remove it by hand.`);
}

/** True when the folder holds a finished database that these programs can open; throws for what they must not touch. */
function holdsDatabase({ pgdata, major }: InitialiseOptions): boolean {
  if (!existsSync(pgdata)) return false;
  const versionFile = join(pgdata, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim();
    if (found === major) return true;
    throw new TrimtabError(
      'invalid_config',
      `${pgdata} was written by PostgreSQL ${found}, and the embedded one is ${major}. ` +
        'Dump it with the old version and load it here, or set DATABASE_URL to a server of the old version.',
    );
  }
  if (readdirSync(pgdata).length === 0) {
    rmdirSync(pgdata);
    return false;
  }
  throw new TrimtabError(
    'invalid_config',
    `${pgdata} is not a PostgreSQL database (no PG_VERSION) and not empty. Move it away, and a new one is made.`,
  );
}

async function runInitdb(options: InitialiseOptions, passwordFile: string, target: string): Promise<void> {
  const parameters = [
    `--pgdata=${target}`,
    `--username=${EMBEDDED_NAME}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The built-in provider sorts alike on every machine and after every upgrade of the system's libraries.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  const child = spawn(join(options.binaries, 'bin', 'initdb'), parameters, {
    ...spawnAs(options.user),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { LC_ALL: 'C', TZ: 'UTC' },
  });
  const ended = new Promise<SpawnSyncReturns<string>['status']>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [messages, status] = await Promise.all([text(child.stderr), ended]);
  if (status !== 0) throw new TrimtabError('internal', `initdb could not make a database in ${target}: ${messages}`);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/**
 * Makes the database in `pgdata` unless there is one. It is made under another name and renamed when it is whole, so a
 * kill at any moment leaves either nothing or a database. Returns whether one was made.
 */
export async function initialisePostgres(options: InitialiseOptions): Promise<boolean> {
  const { pgdata, user } = options;
  await removeDrafts(pgdata);
  if (holdsDatabase(options)) return false;

  const draft = `${pgdata}${DRAFT_SUFFIX}${process.pid}`;
  const passwordFile = join(draft, 'password');
  mkdirSync(draft, { mode: 0o700 });
  try {
    writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
    if (user !== undefined) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
    await runInitdb(options, passwordFile, join(draft, 'data'));
    renameSync(join(draft, 'data'), pgdata);
    syncFolder(dirname(pgdata));
    return true;
  } finally {
    rmSync(draft, { recursive: true, force: true, maxRetries: 5 });
  }
}
