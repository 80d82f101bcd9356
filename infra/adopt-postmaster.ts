import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TrimtabError } from '#shared/errors.ts';
import { commandLines, type ProcessRecord, recordOf } from '#shared/process-identity.ts';
import type { Log } from './log.ts';
import {
  type PostmasterFile,
  type PostmasterOptions,
  postmasterCommand,
  postmasterFilePath,
  type RunningPostmaster,
  readPostmasterFile,
  stopPostmaster,
} from './postmaster.ts';

/** A killed server's own processes see its death and end by themselves, after the query that they are in. */
const ORPHANS_END_MS = 30_000;
const ORPHANS_POLL_MS = 50;

const POSTGRES = /(^|\/)postgres(:|\s|$)/;

function isPostgres(command: string): boolean {
  return POSTGRES.test(command.split(' ')[0] ?? '');
}

/** Every process of this database shows its cluster name, in its parameters or in the title that it gives itself. */
function processesOf(clusterName: string): readonly number[] {
  const matches = [...commandLines()].filter(([, command]) => isPostgres(command) && command.includes(clusterName));
  return matches.map(([pid]) => pid);
}

/** A folder copied while its server ran carries the original's lock file; that server is none of ours. */
function isCopied(file: PostmasterFile, pgdata: string): boolean {
  return file.pgdata !== pgdata && existsSync(file.pgdata);
}

/** True when the running server was started exactly as we would start it now, on whichever port. */
function runsAsWanted(options: PostmasterOptions, file: PostmasterFile): boolean {
  const recorded = join(options.pgdata, 'postmaster.opts');
  if (!existsSync(recorded)) return false;
  const [program, ...parameters] = postmasterCommand({ ...options, port: file.port });
  const wanted = [program, ...parameters.map((parameter) => `"${parameter}"`)].join(' ');
  return readFileSync(recorded, 'utf8').trim() === wanted;
}

/** The live server that the lock file names; undefined when it is dead or its number belongs to something else now. */
function findPostmaster(options: PostmasterOptions, file: PostmasterFile): ProcessRecord | undefined {
  const command = commandLines().get(file.pid);
  if (command === undefined || !isPostgres(command) || isCopied(file, options.pgdata)) return undefined;
  if (command.includes(options.clusterName)) return recordOf(file.pid);
  if (/cluster_name=trimtab-|: trimtab-/.test(command)) return undefined;
  throw new TrimtabError(
    'conflict',
    `Process ${file.pid} is a PostgreSQL that Trimtab did not start, and ${postmasterFilePath(options.pgdata)} says ` +
      'that it serves this folder. Stop it, then start again.',
  );
}

async function waitForOrphans(clusterName: string): Promise<void> {
  const deadline = performance.now() + ORPHANS_END_MS;
  for (let left = processesOf(clusterName); left.length > 0; left = processesOf(clusterName)) {
    if (performance.now() > deadline) {
      throw new TrimtabError(
        'conflict',
        `Processes ${left.join(', ')} of a killed PostgreSQL still hold its database. End them, then start again.`,
      );
    }
    await delay(ORPHANS_POLL_MS);
  }
}

/**
 * Deals with the server that a killed predecessor may have left in this folder: takes it over when it runs as we would
 * run it, stops it otherwise, and clears a lock file whose process number now belongs to something else. Removing that
 * file also removes PostgreSQL's own guard against two servers on one folder, so first no process of this database may
 * be left. A dead process's lock file is left to PostgreSQL, which checks more than we can.
 */
export async function adoptPostmaster(options: PostmasterOptions, log: Log): Promise<RunningPostmaster | undefined> {
  const file = readPostmasterFile(options.pgdata);
  if (file === undefined) return undefined;
  const postmaster = findPostmaster(options, file);
  if (postmaster !== undefined && file.status === 'ready' && runsAsWanted(options, file)) {
    log.info(
      { postmasterPid: file.pid, port: file.port },
      'took over the PostgreSQL that a killed predecessor left running',
    );
    return { ...postmaster, port: file.port };
  }
  if (postmaster !== undefined) {
    log.warn({ postmasterPid: file.pid }, 'stopping the PostgreSQL that a killed predecessor left running');
    await stopPostmaster(postmaster);
  }
  const copied = isCopied(file, options.pgdata);
  if (!copied) await waitForOrphans(options.clusterName);
  const path = postmasterFilePath(options.pgdata);
  if (existsSync(path) && (copied || recordOf(file.pid) !== undefined)) {
    log.warn(
      { postmasterPid: file.pid },
      'removing a PostgreSQL lock file: the process that it names is not PostgreSQL any more',
    );
    rmSync(path);
  }
  return undefined;
}
