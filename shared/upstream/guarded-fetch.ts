import { Agent, fetch as undiciFetch } from 'undici';
import { assertUpstreamUrl, createGuardedLookup, type UpstreamNetwork } from './guarded-lookup.ts';

/** What the vendors' libraries take as `fetch`. */
export type GuardedFetch = typeof globalThis.fetch;

/**
 * A fetch that reaches only the part of the network a provider may lie in, checked when the connection is made, and
 * follows no redirect. The signal and time-out are the caller's.
 */
export function createGuardedFetch(network: UpstreamNetwork): GuardedFetch {
  const dispatcher = new Agent({ allowH2: false, connect: { lookup: createGuardedLookup(network) } });
  const guarded = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    assertUpstreamUrl(url, network);
    // Both are the fetch standard's; undici's own types differ from the global ones in name only.
    const options = { ...(init as object), dispatcher, redirect: 'error' } as Parameters<typeof undiciFetch>[1];
    return (await undiciFetch(url, options)) as unknown as Response;
  };
  return guarded as GuardedFetch;
}
