import { Pool } from 'undici';
import { assertUpstreamUrl, createGuardedLookup, type UpstreamNetwork } from './guarded-lookup.ts';

export interface UpstreamTimeouts {
  readonly connectTimeoutMs: number;
  /** From the sent request to the response's headers. */
  readonly firstByteTimeoutMs: number;
  /** Between two pieces of the response's body. */
  readonly idleTimeoutMs: number;
}

/** Kept-alive connections to upstreams, one pool per origin and network class. */
export interface UpstreamPools {
  /** @throws TrimtabError `upstream_misconfigured` for an address that may not be called */
  poolFor(url: URL, network: UpstreamNetwork): Pool;
  close(): Promise<void>;
}

/** Calls are long, so every one has a connection of its own; above this many they wait. */
const CONNECTIONS_PER_ORIGIN_MAX = 256;
const KEEP_ALIVE_MS = 30_000;

export function createUpstreamPools(timeouts: UpstreamTimeouts): UpstreamPools {
  const pools = new Map<string, Pool>();
  return {
    poolFor(url, network) {
      assertUpstreamUrl(url, network);
      const key = `${network} ${url.origin}`;
      const known = pools.get(key);
      if (known !== undefined) return known;
      const pool = new Pool(url.origin, {
        connections: CONNECTIONS_PER_ORIGIN_MAX,
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: KEEP_ALIVE_MS,
        headersTimeout: timeouts.firstByteTimeoutMs,
        bodyTimeout: timeouts.idleTimeoutMs,
        connect: { timeout: timeouts.connectTimeoutMs, lookup: createGuardedLookup(network) },
      });
      pools.set(key, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}
