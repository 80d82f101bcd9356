import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../infra/embedded-postgres.ts';

/** A real PostgreSQL of one test's own, which the test may stop, start and freeze. Its address stays the same. */
export interface TemporaryPostgres {
  readonly connectionString: string;
  start(): Promise<void>;
  /** Ends every connection and shuts the server down (a fast shutdown). */
  stop(): Promise<void>;
  /** It and the processes that serve its connections stop answering. */
  freeze(): void;
  thaw(): void;
  /** Stops it and removes its folder. */
  dispose(): Promise<void>;
}

const log = pino({ level: 'error' }, pino.destination(2));

/** Makes a server and starts it. It keeps its durability settings, because the tests that need it cut it off. */
export async function startTemporaryPostgres(): Promise<TemporaryPostgres> {
  const folder = mkdtempSync(join(tmpdir(), `trimtab-test-${process.pid}-`));
  // Under root the server runs as another user, who must be able to pass through.
  chmodSync(folder, 0o711);
  let server: EmbeddedPostgres | null = await startEmbeddedPostgres({ dataDir: folder, log });
  const { connectionString } = server;
  let frozen: readonly number[] = [];

  async function start(): Promise<void> {
    server = await startEmbeddedPostgres({ dataDir: folder, log });
    if (server.connectionString !== connectionString) throw new Error('another process took the port of the database');
  }

  async function stop(): Promise<void> {
    thaw();
    await server?.stop();
    server = null;
  }

  function thaw(): void {
    for (const pid of frozen) signalIfAlive(pid, 'SIGCONT');
    frozen = [];
  }

  return {
    connectionString,
    start,
    stop,
    freeze() {
      if (server === null) return;
      // The parent first, so that it starts no further process while the list is read.
      signalIfAlive(server.pid, 'SIGSTOP');
      frozen = [server.pid, ...childrenOf(server.pid)];
      for (const pid of frozen) signalIfAlive(pid, 'SIGSTOP');
    },
    thaw,
    async dispose() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): readonly number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
