import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { RedisServer } from '#shared/testing/redis-server.ts';

/** Says one command to a Redis, in the form that a person types, and gives its raw answer. */
async function say(server: RedisServer, command: string): Promise<string> {
  const socket = createConnection({ port: Number(new URL(server.url).port), host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write(`${command}\r\n`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

/** Where the server keeps its append-only file. */
export async function redisFolder(server: RedisServer): Promise<string> {
  const folder = (await say(server, 'CONFIG GET dir')).split('\r\n').find((line) => line.startsWith('/'));
  if (folder === undefined) throw new Error('redis does not say where its files are');
  return folder;
}

/** All that it holds is gone, as after the loss of a machine without an append-only file. */
export async function flushRedis(server: RedisServer): Promise<void> {
  const answer = await say(server, 'FLUSHALL');
  if (!answer.startsWith('+OK')) throw new Error(`redis was not flushed: ${answer}`);
}
