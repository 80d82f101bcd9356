import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientConnection, createClientConnection } from './client-connection.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A connection, and the client's end of it, which reads nothing until it is told to. */
async function connected(
  stallMs?: number,
  request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
): Promise<{ connection: ClientConnection; client: Socket; response: ServerResponse }> {
  const arrived = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => arrived.resolve(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.pause();
  client.write(request);
  closing.push(
    () => client.destroy(),
    () => server.close(),
  );
  const response = await arrived.promise;
  return { connection: createClientConnection(response, stallMs), client, response };
}

/** A server that hands out the response of its next request. */
async function serving(): Promise<{ url: string; responded: Promise<ServerResponse> }> {
  const responded = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => responded.resolve(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, responded: responded.promise };
}

const MEBIBYTE = 'x'.repeat(1024 * 1024);

const TURNS = 500;

/** Whether the work is done after so many turns of the event loop, in each of which the kernel may take more. */
async function isSettled(work: Promise<void> | undefined): Promise<boolean> {
  let settled = work === undefined;
  void work?.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < TURNS && !settled; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('createClientConnection', () => {
  it('holds the writer back while the client does not read, and lets it go on when it does', async () => {
    const { connection, client } = await connected();
    connection.begin(200, {});
    let waiting = connection.write(MEBIBYTE);
    // The kernel takes some megabytes before it says that it is full.
    for (let count = 0; count < 64 && (await isSettled(waiting)); count += 1) waiting = connection.write(MEBIBYTE);
    expect(await isSettled(waiting)).toBe(false);
    client.resume();
    await waiting;
    expect(connection.gone.aborted).toBe(false);
  });

  it('lets a held-back writer go, and says so, when the client leaves', async () => {
    const { connection, client } = await connected();
    connection.begin(200, {});
    let waiting = connection.write(MEBIBYTE);
    for (let count = 0; count < 64 && (await isSettled(waiting)); count += 1) waiting = connection.write(MEBIBYTE);
    client.destroy();
    await waiting;
    expect(connection.gone.aborted).toBe(true);
    await connection.write('into the void');
  });

  it('leaves no listener behind, however often the client is slow', async () => {
    const { connection, client, response } = await connected();
    connection.begin(200, {});
    const listeners = () => ['drain', 'close', 'error'].map((event) => response.listenerCount(event));
    const before = listeners();
    client.resume();
    for (let count = 0; count < 40; count += 1) await connection.write(MEBIBYTE);
    expect(listeners()).toEqual(before);
  });

  it('waits once for all writers of a client that does not read', async () => {
    const { connection, client, response } = await connected();
    connection.begin(200, {});
    const writes = Array.from({ length: 40 }, () => connection.write(MEBIBYTE));
    expect(response.listenerCount('drain')).toBeLessThanOrEqual(2);
    client.resume();
    await Promise.all(writes);
  });

  it('takes a client that has read nothing for too long for one that left', async () => {
    const { connection } = await connected(50);
    connection.begin(200, {});
    for (let count = 0; count < 64 && !connection.gone.aborted; count += 1) await connection.write(MEBIBYTE);
    expect(connection.gone.aborted).toBe(true);
  });

  it('does not take the end of a whole answer for a client that left', async () => {
    const { connection, client } = await connected();
    connection.begin(200, { 'content-length': '2' });
    connection.end('ok');
    client.resume();
    await once(client, 'data');
    client.destroy();
    await once(client, 'close');
    expect(connection.gone.aborted).toBe(false);
  });

  it('delivers any pieces in their order, however they are written', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('', '0\r\n\r\n', 'x'.repeat(70_000)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.boolean(), async (pieces, pauses) => {
        const { url, responded } = await serving();
        const answer = fetch(url);
        const connection = createClientConnection(await responded);
        connection.begin(200, { 'content-type': 'text/event-stream' });
        for (const one of pieces) {
          if (pauses) await new Promise((resolve) => setImmediate(resolve));
          await connection.write(one);
        }
        connection.end();
        const received = Buffer.from(await (await answer).arrayBuffer());
        expect(received.equals(Buffer.concat(pieces.map((one) => Buffer.from(one as string))))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('writes an unframed body to a client that knows no chunks', async () => {
    const { connection, client } = await connected(undefined, 'GET / HTTP/1.0\r\n\r\n');
    const received: Buffer[] = [];
    client.on('data', (bytes: Buffer) => received.push(bytes)).resume();
    connection.begin(200, {});
    await connection.write('one ');
    await connection.write('two');
    connection.end();
    await once(client, 'end');
    expect(Buffer.concat(received).toString().split('\r\n\r\n')[1]).toBe('one two');
  });
});
