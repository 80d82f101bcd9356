import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPageFetcher, type PageFetcher, type PageRequest } from './fetch-page.ts';

describe('createPageFetcher', () => {
  let server: Server;
  let base: string;
  let listener: RequestListener;
  const pages: PageFetcher = createPageFetcher('private');
  const strict: PageFetcher = createPageFetcher('public');
  beforeAll(async () => {
    server = createServer((request, response) => listener(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await Promise.all([pages.close(), strict.close()]);
    server.closeAllConnections();
    server.close();
  });

  const requestOf = (more: Partial<PageRequest> = {}): PageRequest => ({
    bytesMax: 1000,
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    isAllowed: () => true,
    ...more,
  });
  const get = (path: string, more: Partial<PageRequest> = {}) => pages.fetch(new URL(path, base), requestOf(more));

  it.each([
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://0x7f000001/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://localhost/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'http://user:password@example.com/',
  ])('refuses %s', async (url) => {
    expect(await strict.fetch(new URL(url), requestOf())).toEqual({ type: 'failed', reason: 'not_allowed' });
  });

  it('never reaches the metadata service, not even for whom private addresses are fine', async () => {
    const url = new URL('http://169.254.169.254/');
    expect(await pages.fetch(url, requestOf())).toEqual({ type: 'failed', reason: 'not_allowed' });
  });

  it('follows redirects, and asks again about each', async () => {
    listener = (request, response) =>
      request.url === '/a' ? response.writeHead(301, { location: '/b' }).end() : response.end('found');
    expect(await get('/a')).toMatchObject({ type: 'page', url: new URL('/b', base) });
    const isAllowed = (url: URL) => url.pathname !== '/b';
    expect(await get('/a', { isAllowed })).toEqual({ type: 'failed', reason: 'not_allowed' });
  });

  it.each(['http://169.254.169.254/', 'file:///etc/passwd', 'http://x:y@127.0.0.1/'])(
    'does not follow a redirect to %s',
    async (location) => {
      listener = (_request, response) => response.writeHead(302, { location }).end();
      expect(await get('/')).toEqual({ type: 'failed', reason: 'not_allowed' });
    },
  );

  it('gives up on redirects that go round', async () => {
    let count = 0;
    listener = (_request, response) => {
      count += 1;
      response.writeHead(302, { location: '/again' }).end();
    };
    expect(await get('/')).toEqual({ type: 'failed', reason: 'not_accessible' });
    expect(count).toBe(6);
  });

  it('reads no more than it may', async () => {
    listener = (_request, response) => {
      response.on('error', () => undefined);
      response.write('x'.repeat(5_000));
    };
    const page = await get('/');
    expect(page).toMatchObject({ type: 'page', isTruncated: true });
    expect(page.type === 'page' && page.bytes.length).toBe(1000);
  });

  it.each([
    ['gzip', gzipSync('packed')],
    ['br', brotliCompressSync('packed')],
  ])('unpacks %s', async (encoding, bytes) => {
    listener = (_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
    const page = await get('/');
    expect(page.type === 'page' && page.bytes.toString()).toBe('packed');
  });

  it('refuses what unpacks to more than it may', async () => {
    listener = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000)).subarray(0, 900));
    expect(await get('/')).toEqual({ type: 'failed', reason: 'not_accessible' });
  });

  it.each([
    [404, 'not_accessible'],
    [429, 'too_many_requests'],
    [500, 'not_accessible'],
  ])('says of status %s that it is %s', async (status, reason) => {
    listener = (_request, response) => response.writeHead(status).end('no');
    expect(await get('/')).toEqual({ type: 'failed', reason });
  });

  it('gives up on a server that does not answer in time', async () => {
    listener = () => undefined;
    expect(await get('/', { timeoutMs: 50 })).toEqual({ type: 'failed', reason: 'not_accessible' });
  });
});
