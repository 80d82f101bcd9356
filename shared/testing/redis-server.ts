import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#shared/free-port.ts';

const START_DEADLINE_MS = 10_000;
const START_POLL_MS = 20;

export type RedisAvailability =
  | { readonly available: true; readonly program: string }
  | { readonly available: false; readonly reason: string };

/**
 * Looks for `redis-server` on the PATH. With `CI=true` a missing one throws, because tests that skip themselves in CI
 * would prove nothing.
 */
export function findRedisServer(environment: Readonly<Record<string, string | undefined>>): RedisAvailability {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'redis-server');
    if (isExecutable(program)) return { available: true, program };
  }
  const reason = 'redis-server is not on the PATH';
  if (environment['CI'] === 'true') throw new Error(`${reason}; in CI the tests of the Redis backend must run`);
  return { available: false, reason };
}

/** A real Redis with an append-only file in a temporary folder, whose port stays the same over restarts. */
export interface RedisServer {
  readonly url: string;
  /** Starts it, and resolves when it answers. */
  start(): Promise<void>;
  /** Ends it as a crash would (SIGKILL); what was acknowledged is in the append-only file. */
  kill(): Promise<void>;
  /** It stops answering, with its connections open. */
  freeze(): void;
  thaw(): void;
  /** Kills it and removes its folder. */
  dispose(): Promise<void>;
}

/** Prepares a server that is not started yet. */
export async function createRedisServer(program: string): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const exited = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await exited;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      child = spawn(program, serverArguments(port, folder), { stdio: 'ignore' });
      await untilAnswering(child, port);
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async dispose() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function serverArguments(port: number, folder: string): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function untilAnswering(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`);
    if (await answersPing(port)) return;
    await delay(START_POLL_MS);
  }
  throw new Error(`redis-server did not answer in ${START_DEADLINE_MS} ms`);
}

/** A server that is still loading its file answers with an error, which is not yet an answer. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('data', (data) => settle(data.toString().startsWith('+PONG')));
    socket.write('PING\r\n');
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
