import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** An address of loopback to which no connection ever comes about, as behind a firewall that drops what it is sent. */
export interface BlackHole {
  readonly port: number;
  close(): void;
}

const LISTENER = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.stdout.write(String(server.address().port)));`;
/** More than the kernel keeps for a listener with a backlog of one. */
const FILLERS = 6;
const FILLED_AFTER_MS = 200;

/** A listener that is stopped, and whose queue is full: the kernel drops whoever comes. */
export async function createBlackHole(): Promise<BlackHole> {
  const listener: ChildProcess = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (listener.stdout === null) throw new Error('the listener has no output');
  const [written] = (await once(listener.stdout, 'data')) as [Buffer];
  const port = Number(written.toString());
  listener.kill('SIGSTOP');
  const fillers: Socket[] = Array.from({ length: FILLERS }, () =>
    createConnection({ port, host: '127.0.0.1' }).on('error', () => {}),
  );
  await delay(FILLED_AFTER_MS);
  return {
    port,
    close() {
      for (const socket of fillers) socket.destroy();
      listener.kill('SIGKILL');
    },
  };
}
