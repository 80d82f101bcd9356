import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts';

const TEXT = Buffer.from('0123456789'.repeat(20));

describe('createFaultProxy', () => {
  let server: Server;
  let proxy: FaultProxy;
  let client: Socket;
  const served: Socket[] = [];

  beforeEach(async () => {
    server = createServer((socket) => {
      served.push(socket);
      socket.on('error', () => undefined);
      socket.pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await createFaultProxy({ port: (server.address() as AddressInfo).port }, { random: () => 0.5 });
    client = createConnection({ host: '127.0.0.1', port: proxy.port });
    await once(client, 'connect');
  });
  afterEach(async () => {
    client.destroy();
    for (const socket of served.splice(0)) socket.destroy();
    await proxy.close();
    server.close();
  });

  /** Sends the text, and reads as much back. */
  async function roundTrip(): Promise<{ pieces: number; text: Buffer; ms: number }> {
    const startedMs = performance.now();
    const pieces: Buffer[] = [];
    client.write(TEXT);
    while (Buffer.concat(pieces).length < TEXT.length) pieces.push(...((await once(client, 'data')) as Buffer[]));
    return { pieces: pieces.length, text: Buffer.concat(pieces), ms: performance.now() - startedMs };
  }

  it('hands everything on when no fault is set', async () => {
    expect((await roundTrip()).text).toEqual(TEXT);
    expect(proxy.connections()).toBe(1);
  });

  it('delays each way by the latency and the jitter', async () => {
    proxy.set({ latencyMs: 40, jitterMs: 20 });
    const { text, ms } = await roundTrip();
    expect(text).toEqual(TEXT);
    expect(ms).toBeGreaterThanOrEqual(99);
  });

  it('cuts into pieces, and keeps their order', async () => {
    proxy.set({ sliceBytes: 7, jitterMs: 5 });
    expect((await roundTrip()).text).toEqual(TEXT);
  });

  it('carries no more bytes in a second than it is told', async () => {
    proxy.set({ bytesPerSecond: 1_000, sliceBytes: 20 });
    const { text, ms } = await roundTrip();
    expect(text).toEqual(TEXT);
    expect(ms).toBeGreaterThanOrEqual(170);
  });

  it('goes silent without ending anything, and delivers what was held back when it is mended', async () => {
    proxy.set({ isSilent: true });
    const read = roundTrip();
    const first = await Promise.race([read, new Promise((resolve) => setTimeout(resolve, 60, 'silence'))]);
    expect(first).toBe('silence');
    expect(client.destroyed).toBe(false);
    proxy.set({});
    expect((await read).text).toEqual(TEXT);
  });

  it('resets open connections on both sides, and refuses new ones when told to', async () => {
    proxy.set({ isRefusing: true });
    const reset = once(client, 'error') as Promise<[NodeJS.ErrnoException]>;
    proxy.resetAll();
    await expect(once(client, 'data')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await reset.catch((error: unknown) => [error]))[0]).toMatchObject({ code: 'ECONNRESET' });
    await vi.waitFor(() => expect(served[0]?.destroyed).toBe(true));
    const late = createConnection({ host: '127.0.0.1', port: proxy.port });
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  it('hands the end of one side on to the other', async () => {
    client.end(TEXT);
    const received: Buffer[] = [];
    client.on('data', (bytes: Buffer) => received.push(bytes));
    await once(client, 'end');
    expect(Buffer.concat(received)).toEqual(TEXT);
  });
});
