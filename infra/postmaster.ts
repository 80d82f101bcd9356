import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TrimtabError } from '#shared/errors.ts';
import { isRunning, type ProcessRecord, recordOf } from '#shared/process-identity.ts';
import { type PostgresUser, spawnAs } from './postgres-user.ts';
import { sendSignal, waitUntilGone } from './stop-processes.ts';

/** Connections that the server allows; services, queue and tools share them. */
const CONNECTIONS_MAX = 200;
/** Recovery after a crash may have to read a gigabyte of log first. */
const READY_DEADLINE_MS = 120_000;
const READY_POLL_MS = 10;
/** A fast shutdown writes a checkpoint. */
const FAST_STOP_MS = 15_000;
const IMMEDIATE_STOP_MS = 5_000;
const MESSAGE_TAIL_CHARACTERS = 2_000;

export interface PostmasterOptions {
  readonly binaries: string;
  readonly pgdata: string;
  readonly clusterName: string;
  readonly port: number;
  readonly user: PostgresUser;
  /** Extra `name=value` settings, such as `fsync=off` for a database that tests throw away. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A server process and the port that it listens on. */
export type RunningPostmaster = ProcessRecord & { readonly port: number };

/** What PostgreSQL writes into its lock file, as far as we use it (miscadmin.h, LOCK_FILE_LINE_*). */
export interface PostmasterFile {
  readonly pid: number;
  readonly pgdata: string;
  readonly port: number;
  readonly status: string;
}

export function postmasterFilePath(pgdata: string): string {
  return join(pgdata, 'postmaster.pid');
}

export function readPostmasterFile(pgdata: string): PostmasterFile | undefined {
  const path = postmasterFilePath(pgdata);
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').split('\n');
  return {
    pid: Number(lines[0]),
    pgdata: lines[1] ?? '',
    port: Number(lines[3]),
    status: (lines[7] ?? '').trim(),
  };
}

/** Program and parameters of the server. */
export function postmasterCommand(options: PostmasterOptions): readonly [string, ...string[]] {
  const settings = {
    listen_addresses: '127.0.0.1',
    // TCP with a password only: a socket file in /tmp would be open to every local user's guesses.
    unix_socket_directories: '',
    max_connections: String(CONNECTIONS_MAX),
    cluster_name: options.clusterName,
    log_timezone: 'UTC',
    timezone: 'UTC',
    // The server rotates its own log, a file per weekday: nobody reads its output once we are gone.
    logging_collector: 'on',
    log_directory: 'log',
    log_filename: 'postgresql-%a.log',
    log_truncate_on_rotation: 'on',
    log_rotation_age: '1d',
    log_rotation_size: '0',
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return [join(options.binaries, 'bin', 'postgres'), '-D', options.pgdata, '-p', String(options.port), ...flags];
}

/**
 * Starts the server and waits until it takes connections. It runs in a session of its own, because Ctrl-C in the
 * terminal must reach it last, after the services.
 * Throws `internal` with its own last words when it ends instead.
 */
export async function startPostmaster(options: PostmasterOptions): Promise<ProcessRecord> {
  const [program, ...parameters] = postmasterCommand(options);
  const messagesFile = join(dirname(options.pgdata), 'postgres-start.log');
  const messages = openSync(messagesFile, 'w', 0o600);
  const child = spawn(program, parameters, {
    ...spawnAs(options.user),
    detached: true,
    stdio: ['ignore', messages, messages],
    env: { LC_ALL: 'C', TZ: 'UTC' },
  });
  closeSync(messages);
  child.unref();
  let spawnError: Error | undefined;
  child.once('error', (error) => {
    spawnError = error;
  });

  const deadline = performance.now() + READY_DEADLINE_MS;
  const pid = child.pid;
  const record = pid === undefined ? undefined : recordOf(pid);
  while (record !== undefined && isRunning(record) && performance.now() < deadline) {
    const file = readPostmasterFile(options.pgdata);
    if (file?.status === 'ready' && file.pid === pid) return record;
    await delay(READY_POLL_MS);
  }
  if (record !== undefined) await stopPostmaster(record);
  const lastWords = readFileSync(messagesFile, 'utf8').slice(-MESSAGE_TAIL_CHARACTERS).trim();
  throw new TrimtabError(
    'internal',
    `PostgreSQL did not start in ${options.pgdata}: ${spawnError?.message ?? lastWords}\nIts log: ${join(options.pgdata, 'log')}`,
  );
}

/** Shuts a server down: in order first, then without checkpoint (it recovers at the next start), then by force. */
export async function stopPostmaster(postmaster: ProcessRecord): Promise<void> {
  const steps = [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
    ['SIGKILL', IMMEDIATE_STOP_MS],
  ] as const;
  for (const [signal, waitMs] of steps) {
    if (!isRunning(postmaster)) return;
    sendSignal(postmaster.pid, signal);
    if (await waitUntilGone([postmaster], waitMs)) return;
  }
}
