import { Pool } from 'undici';
import type { ResolvedProvider } from '../providers/registry.ts';
import { type Authorizer, type AuthorizerDeps, createAuthorizer } from './authorize/authorizer.ts';
import { createGuardedFetch, type GuardedFetch } from './guarded-fetch.ts';
import { assertUpstreamUrl, createGuardedLookup, type UpstreamNetwork } from './guarded-lookup.ts';
import { upstreamUrl } from './upstream-url.ts';

export interface UpstreamTimeouts {
  readonly connectTimeoutMs: number;
  /** From the sent request to the response's headers. */
  readonly firstByteTimeoutMs: number;
  /** Between two pieces of the response's body. */
  readonly idleTimeoutMs: number;
  /** From the sent request to the end of the response's body; no limit when absent. */
  readonly totalTimeoutMs?: number;
}

/** Not to be changed: it is shared between calls. */
export interface UpstreamAddress {
  readonly url: URL;
  /** Path and query. */
  readonly path: string;
  readonly pool: Pool;
}

/** What is kept between calls to upstreams: connections, one pool per origin and network class, and credentials. */
export interface UpstreamPools {
  /** From the sent request to the end of its response; infinite when there is no limit. */
  readonly totalTimeoutMs: number;
  /** @throws TrimtabError `upstream_misconfigured` for an address that may not be called */
  poolFor(url: URL, network: UpstreamNetwork): Pool;
  /**
   * Where a request for this path of a provider goes. Worked out once: the same few addresses are asked call after call.
   *
   * @throws TrimtabError `upstream_misconfigured` for an address that may not be called
   */
  addressFor(provider: ResolvedProvider, path: string): UpstreamAddress;
  /** The one authorizer of a provider, with the tokens that it has. */
  authorizerFor(provider: ResolvedProvider): Authorizer;
  close(): Promise<void>;
}

/** Calls are long, so every one has a connection of its own; above this many they wait. */
const CONNECTIONS_PER_ORIGIN_MAX = 256;
const KEEP_ALIVE_MS = 30_000;
/** Paths hold names of models; a provider has far fewer. */
const PATHS_PER_PROVIDER_MAX = 200;
/** For one answer of a service that hands out tokens, which every call waits for. */
const TOKEN_TIMEOUT_MS = 10_000;

export function createUpstreamPools(timeouts: UpstreamTimeouts, given: Partial<AuthorizerDeps> = {}): UpstreamPools {
  const pools = new Map<string, Pool>();
  const authorizerDeps: AuthorizerDeps = { now: Date.now, fetch: createTokenFetch(), ...given };
  const authorizers = new Map<string, Authorizer>();
  const authorizerOf = new WeakMap<ResolvedProvider, Authorizer>();
  const addresses = new WeakMap<ResolvedProvider, Map<string, UpstreamAddress>>();
  const poolFor = (url: URL, network: UpstreamNetwork): Pool => {
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
  };
  return {
    totalTimeoutMs: timeouts.totalTimeoutMs ?? Number.POSITIVE_INFINITY,
    poolFor,
    addressFor(provider, path) {
      const known = addresses.get(provider) ?? new Map<string, UpstreamAddress>();
      const found = known.get(path);
      if (found !== undefined) return found;
      const url = upstreamUrl(provider.baseUrl, path);
      const address = { url, path: `${url.pathname}${url.search}`, pool: poolFor(url, provider.network) };
      if (known.size < PATHS_PER_PROVIDER_MAX) addresses.set(provider, known.set(path, address));
      return address;
    },
    authorizerFor(provider) {
      const own = authorizerOf.get(provider);
      if (own !== undefined) return own;
      const key = credentialsKey(provider);
      const authorizer = authorizers.get(key) ?? createAuthorizer(provider, authorizerDeps);
      authorizers.set(key, authorizer);
      authorizerOf.set(provider, authorizer);
      return authorizer;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}

/** Every model has its provider resolved for itself; what they share is what the configuration says. */
function credentialsKey({ name, auth, region, baseUrl, credentials, authHeaders }: ResolvedProvider): string {
  return JSON.stringify([name, auth, region, baseUrl, credentials, authHeaders()]);
}

function createTokenFetch(): GuardedFetch {
  let guarded: GuardedFetch | null = null;
  return (input, init) => {
    guarded ??= createGuardedFetch('public');
    const deadline = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
    const signal =
      init?.signal === undefined || init.signal === null ? deadline : AbortSignal.any([init.signal, deadline]);
    return guarded(input, { ...init, signal });
  };
}
