import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { adminDatabase, createTestBench, seedConfig, type TestBench, until } from './testing/gateway-fixture.ts';

const MEBIBYTE = 1024 * 1024;
const TRIES = 5;
/** What a client that has left may still cost, from its leaving to the upstream's knowing of it. */
const CANCEL_MS = 50;
/** Sockets of three hops and the buffers of Node between them; a gateway that holds back holds no more. */
const BUFFERED_BYTES_MAX = 16 * MEBIBYTE;
const STREAM_BYTES = 50 * MEBIBYTE;
const PIECE_CHARACTERS = 32 * 1024;

function chunkOf(content: string): string {
  return `data: ${JSON.stringify({ id: 'c', model: 'model-1', choices: [{ index: 0, delta: { content } }] })}\n\n`;
}

const FINISH = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

describe('the gateway between an upstream and a client on real sockets', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let upstream: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let projects = 0;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    upstream = createServer((request, response) => {
      request.resume();
      request.once('end', () => answer(request, response));
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
  });
  afterAll(async () => {
    upstream.closeAllConnections();
    upstream.close();
    await admin.destroy();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    bench = await createTestBench(testDatabase.connectionString);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await bench.close();
  });

  async function start() {
    projects += 1;
    const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`;
    const config = await seedConfig(admin, {
      project: `leaving-clients-${projects}`,
      providers: { upstream: { format: 'openai-chat', baseUrl, network: 'private' } },
      models: [{ id: 'model-1', provider: 'upstream', price: { input: 1, output: 1 } }],
      routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'model-1', weight: 1 }] }],
      governance: { exploration: 0 },
    });
    return await bench.gateway(config);
  }

  /** A request on a socket of its own, as a client without a library would send it. */
  function post(baseUrl: string, path: string, body: object): Socket {
    const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    const text = JSON.stringify(body);
    const length = Buffer.byteLength(text);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\ncontent-length: ${length}\r\n\r\n${text}`);
    return socket;
  }

  const question = (isStreamed: boolean, model = 'claude-x') => ({
    model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'x' }],
    ...(isStreamed ? { stream: true } : {}),
  });

  it.each([
    ['in the middle of a stream', true, true],
    ['before the upstream has answered a stream', true, false],
    ['before the upstream has answered', false, false],
    ['in the middle of an answer that is not streamed', false, true],
  ])(`cancels the upstream within ${CANCEL_MS} ms when the client leaves %s`, async (_when, isStreamed, hasBegun) => {
    const gateway = await start();
    const took: number[] = [];
    for (let count = 0; count < TRIES; count += 1) {
      const asked = Promise.withResolvers<void>();
      const cancelled = Promise.withResolvers<number>();
      answer = (_request, response) => {
        response.once('close', () => cancelled.resolve(performance.now()));
        if (hasBegun) {
          response.writeHead(200, { 'content-type': isStreamed ? 'text/event-stream' : 'application/json' });
          response.write(isStreamed ? chunkOf('one') : '{"choices":');
        }
        asked.resolve();
      };
      const client = post(gateway.baseUrl, '/v1/messages', question(isStreamed));
      await asked.promise;
      if (isStreamed && hasBegun) await once(client, 'data');
      const leftAt = performance.now();
      client.destroy();
      took.push((await cancelled.promise) - leftAt);
    }
    // The middle one: a machine that others use may stop for longer than this now and then.
    expect(took.toSorted((left, right) => left - right)[Math.floor(TRIES / 2)]).toBeLessThan(CANCEL_MS);
    const records = await gateway.recorded(TRIES);
    expect(new Set(records.map(({ call }) => call.status))).toEqual(new Set(['client_cancelled']));
  });

  it.each([
    ['translated', '/v1/messages', 'claude-x'],
    ['forwarded', '/v1/chat/completions', 'model-1'],
  ])('holds a %s stream back while its client does not read, and loses nothing of it', async (_how, path, model) => {
    const gateway = await start();
    let written = 0;
    const piece = chunkOf('x'.repeat(PIECE_CHARACTERS));
    answer = async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      while (written < STREAM_BYTES && !response.destroyed) {
        written += piece.length;
        if (!response.write(piece)) await once(response, 'drain');
      }
      response.end(FINISH);
    };
    const before = process.memoryUsage().rss;
    const client = post(gateway.baseUrl, path, question(true, model));
    client.pause();
    // Until the upstream is stopped: the same count again and again, while there is more to write.
    let last = -1;
    let still = 0;
    await until(() => {
      still = written === last && written > 0 ? still + 1 : 0;
      last = written;
      return still > 40;
    });
    expect(written).toBeLessThan(BUFFERED_BYTES_MAX);
    expect(process.memoryUsage().rss - before).toBeLessThan(8 * BUFFERED_BYTES_MAX);

    let received = 0;
    let tail = '';
    client.on('data', (bytes: Buffer) => {
      received += bytes.length;
      tail = (tail + bytes.toString('latin1')).slice(-2_000);
    });
    client.resume();
    const end = path === '/v1/messages' ? 'event: message_stop' : 'data: [DONE]';
    await until(() => tail.includes(end));
    expect(written).toBeGreaterThanOrEqual(STREAM_BYTES);
    expect(received).toBeGreaterThan(STREAM_BYTES * 0.99);
    const [record] = await gateway.recorded(1);
    expect(record?.call.status).toBe('ok');
  });
});
