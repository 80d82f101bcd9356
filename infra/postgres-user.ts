import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { TrimtabError } from '#shared/errors.ts';

/** The operating-system user that runs PostgreSQL; undefined means: the one who runs us. */
export type PostgresUser = { readonly uid: number; readonly gid: number } | undefined;

/** Ours first; the one that a system's own PostgreSQL package creates is as good, and saves making another. */
const USER_NAMES = ['trimtab', 'postgres'] as const;

function lookUp(name: string): PostgresUser {
  const ask = (flag: string) => Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout ?? '', 10);
  const uid = ask('-u');
  const gid = ask('-g');
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

function createUser(): PostgresUser {
  const [name] = USER_NAMES;
  const result = spawnSync(
    // By its path: an ordinary shell's PATH, which `su` keeps, does not have it.
    '/usr/sbin/useradd',
    [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      name,
    ],
    { encoding: 'utf8' },
  );
  const created = lookUp(name);
  if (created !== undefined) return created;
  throw new TrimtabError(
    'invalid_config',
    `PostgreSQL refuses to run as root, and the system user "${name}" could not be created ` +
      `(${result.error?.message ?? result.stderr.trim()}). Run Trimtab as an ordinary user, or set DATABASE_URL.`,
  );
}

/**
 * As root: the owner of an existing `pgdata`, else a system user, created when there is none, because PostgreSQL
 * refuses to run as root. As anybody else: undefined, and nothing needs root.
 */
export function resolvePostgresUser(pgdata: string | undefined): PostgresUser {
  if (process.getuid?.() !== 0) return undefined;
  const owner = pgdata === undefined ? undefined : statSync(pgdata, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of USER_NAMES) {
    const user = lookUp(name);
    if (user !== undefined) return user;
  }
  return createUser();
}

/** How to start a program as that user. The working folder may be one that the user cannot enter, so it is `/`. */
export function spawnAs(user: PostgresUser): { readonly uid?: number; readonly gid?: number; readonly cwd: '/' } {
  return { ...user, cwd: '/' };
}

/** Asks the operating system rather than reading mode bits, so that access lists and mounts are counted too. */
export function canEnter(user: PostgresUser, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], spawnAs(user)).status === 0;
}
