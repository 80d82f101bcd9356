import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';
import { Agent } from 'undici';
import { TrimtabError } from '../errors.ts';
import { lookUp } from '../look-up.ts';
import { classifyAddress } from './classify-address.ts';
import { createGuardedLookup, type UpstreamNetwork } from './guarded-lookup.ts';

export type FetchedPage =
  | {
      readonly type: 'page';
      /** Where it was found, after redirects. */
      readonly url: URL;
      readonly contentType: string;
      readonly bytes: Buffer;
      readonly isTruncated: boolean;
    }
  | { readonly type: 'failed'; readonly reason: 'not_allowed' | 'not_accessible' | 'too_many_requests' };

export interface PageRequest {
  readonly bytesMax: number;
  /** For all of it, redirects included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asked about the address and about every redirect from it. */
  readonly isAllowed: (url: URL) => boolean;
}

/** Fetches pages that strangers name: nothing but public addresses, and no credentials of anybody. */
export interface PageFetcher {
  fetch(url: URL, request: PageRequest): Promise<FetchedPage>;
  close(): Promise<void>;
}

const REDIRECTS_MAX = 5;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 1_000;
const HEADERS = {
  'user-agent': 'trimtab',
  accept: 'text/html,text/plain,application/pdf,application/json;q=0.9,*/*;q=0.5',
  'accept-encoding': 'gzip, deflate, br',
};
const DECODERS: Readonly<Record<string, (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, ZlibOptions, Buffer>(gunzip),
  deflate: promisify<Buffer, ZlibOptions, Buffer>(inflate),
  br: promisify<Buffer, ZlibOptions, Buffer>(brotliDecompress),
};

/** @param network `public` outside of tests: a page that a model names must never be one of the inner network */
export function createPageFetcher(network: UpstreamNetwork): PageFetcher {
  const agent = new Agent({
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS, lookup: createGuardedLookup(network) },
  });
  const isFetchable = (url: URL): boolean => {
    if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '')
      return false;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) === 0) return true;
    const found = classifyAddress(host);
    return found === 'public' || (found === 'private' && network === 'private');
  };
  return {
    close: () => agent.destroy(),
    async fetch(start, request) {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)]);
      let url = start;
      try {
        for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
          if (!isFetchable(url) || !request.isAllowed(url)) return { type: 'failed', reason: 'not_allowed' };
          const { statusCode, headers, body } = await agent.request({
            origin: url.origin,
            path: `${url.pathname}${url.search}`,
            method: 'GET',
            headers: HEADERS,
            signal,
          });
          const location = textOf(headers['location']);
          if (statusCode >= 300 && statusCode < 400 && location !== '') {
            discard(body);
            url = new URL(location, url);
            continue;
          }
          if (statusCode < 200 || statusCode >= 300) {
            discard(body);
            return { type: 'failed', reason: statusCode === 429 ? 'too_many_requests' : 'not_accessible' };
          }
          const read = await readUpTo(body, request.bytesMax);
          const decoded = await decodeContent(read, textOf(headers['content-encoding']), request.bytesMax);
          return { type: 'page', url, contentType: textOf(headers['content-type']).toLowerCase(), ...decoded };
        }
        return { type: 'failed', reason: 'not_accessible' };
      } catch (error) {
        return { type: 'failed', reason: isRefusal(error) ? 'not_allowed' : 'not_accessible' };
      }
    },
  };
}

/** A body that is thrown away says so in an error, which nobody listens to any more. */
function discard(body: Readable): void {
  body.on('error', () => undefined);
  body.destroy();
}

/** The guard refuses inside of the socket's look-up, where the error is wrapped or not as it comes. */
function isRefusal(error: unknown): boolean {
  return error instanceof TrimtabError || (error instanceof Error && error.cause instanceof TrimtabError);
}

function textOf(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

interface Read {
  readonly bytes: Buffer;
  readonly isTruncated: boolean;
}

async function readUpTo(body: Readable, bytesMax: number): Promise<Read> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    pieces.push(piece.subarray(0, bytesMax - size));
    size += piece.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (size > bytesMax) break;
  }
  return { bytes: Buffer.concat(pieces), isTruncated: size > bytesMax };
}

/** Undoes the compression; what would unfold beyond the limit is refused by the decoder. */
async function decodeContent(read: Read, encoding: string, bytesMax: number): Promise<Read> {
  const decode = lookUp(DECODERS, encoding.trim().toLowerCase());
  if (decode === undefined) return read;
  return { bytes: await decode(read.bytes, { maxOutputLength: bytesMax }), isTruncated: read.isTruncated };
}
