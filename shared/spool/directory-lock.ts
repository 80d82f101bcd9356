import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TrimtabError } from '#shared/errors.ts';

const FILE = 'owner';
const TAKE_ATTEMPTS = 3;

/** Gives the directory back. */
export type ReleaseLock = () => Promise<void>;

/**
 * Keeps two processes from writing one spool. The file names its owner by process number and start time, because
 * numbers are used again, in containers at every start. Throws `conflict` while the owner lives.
 */
export async function lockDirectory(directory: string): Promise<ReleaseLock> {
  const path = join(directory, FILE);
  const identity = await identityOf(process.pid);
  for (let attempt = 1; attempt <= TAKE_ATTEMPTS; attempt += 1) {
    if (await writeNew(path, identity)) return () => rm(path, { force: true });
    const owner = (await readFile(path, 'utf8').catch(() => '')).trim();
    const ownerPid = Number.parseInt(owner, 10);
    if (owner !== identity && isAlive(ownerPid) && (await identityOf(ownerPid)) === owner) {
      throw new TrimtabError('conflict', `spool ${directory} is in use by process ${ownerPid}`);
    }
    if (owner === identity) {
      throw new TrimtabError('conflict', `spool ${directory} is already open in this process`);
    }
    await rm(path, { force: true });
  }
  throw new TrimtabError('conflict', `spool ${directory} could not be locked`);
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Process number and, where the system says it, its start in clock ticks (field 22 of /proc/PID/stat). */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const started = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
  return `${pid} ${started ?? 'unknown'}`;
}
