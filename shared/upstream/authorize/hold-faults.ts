import type { Authorizer } from './authorizer.ts';

/** So long no call asks again for credentials that could not be had: looking for them can take seconds. */
const HOLD_MS = 5_000;

/** An authorizer that remembers a failure for a while, so that calls go to their fallbacks at once. */
export function holdFaults(authorizer: Authorizer, now: () => number): Authorizer {
  let held: { readonly fault: unknown; readonly untilMs: number } | null = null;
  return {
    async authorize(request) {
      if (held !== null && now() < held.untilMs) throw held.fault;
      try {
        const headers = await authorizer.authorize(request);
        held = null;
        return headers;
      } catch (fault) {
        held = { fault, untilMs: now() + HOLD_MS };
        throw fault;
      }
    },
  };
}
