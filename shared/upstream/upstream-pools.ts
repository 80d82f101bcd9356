import { Pool } from 'undici';
import type { ResolvedProvider } from '../providers/registry.ts';
import { type Authorizer, type AuthorizerDeps, createAuthorizer } from './authorize/authorizer.ts';
import { createGuardedFetch, type GuardedFetch } from './guarded-fetch.ts';
import { assertUpstreamUrl, createGuardedLookup, type UpstreamNetwork } from './guarded-lookup.ts';

export interface UpstreamTimeouts {
  readonly connectTimeoutMs: number;
  /** From the sent request to the response's headers. */
  readonly firstByteTimeoutMs: number;
  /** Between two pieces of the response's body. */
  readonly idleTimeoutMs: number;
}

/** What is kept between calls to upstreams: connections, one pool per origin and network class, and credentials. */
export interface UpstreamPools {
  /** @throws TrimtabError `upstream_misconfigured` for an address that may not be called */
  poolFor(url: URL, network: UpstreamNetwork): Pool;
  /** The one authorizer of a provider, with the tokens that it has. */
  authorizerFor(provider: ResolvedProvider): Authorizer;
  close(): Promise<void>;
}

/** Calls are long, so every one has a connection of its own; above this many they wait. */
const CONNECTIONS_PER_ORIGIN_MAX = 256;
const KEEP_ALIVE_MS = 30_000;
/** For one answer of a service that hands out tokens, which every call waits for. */
const TOKEN_TIMEOUT_MS = 10_000;

export function createUpstreamPools(timeouts: UpstreamTimeouts, given: Partial<AuthorizerDeps> = {}): UpstreamPools {
  const pools = new Map<string, Pool>();
  const authorizerDeps: AuthorizerDeps = { now: Date.now, fetch: createTokenFetch(), ...given };
  const authorizers = new Map<string, Authorizer>();
  const authorizerOf = new WeakMap<ResolvedProvider, Authorizer>();
  return {
    poolFor(url, network) {
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
