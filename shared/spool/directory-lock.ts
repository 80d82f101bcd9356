import { join } from 'node:path';
import { TrimtabError } from '#shared/errors.ts';
import { acquireFolderLock } from '#shared/folder-lock.ts';

const FILE = 'owner';

/** Gives the directory back. */
export type ReleaseLock = () => void;

/** Keeps two processes, and two spools of one process, from writing one directory. Throws `conflict` while one does. */
export function lockDirectory(directory: string): ReleaseLock {
  const outcome = acquireFolderLock(join(directory, FILE));
  if (outcome.type === 'acquired') return () => outcome.lock.release();
  const owner = outcome.pid === process.pid ? 'already open in this process' : `in use by process ${outcome.pid}`;
  throw new TrimtabError('conflict', `spool ${directory} is ${owner}`);
}
