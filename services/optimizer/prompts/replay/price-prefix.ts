interface PricedCall {
  /** Without what was read from a cache. */
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly outputTokens: number;
}

/** What a prefix costs beyond the one that it replaces. */
export interface PrefixPrice {
  readonly tokens: number;
  readonly tokensBefore: number;
  /** USD that each call costs more; below zero for a shorter prefix. */
  readonly perCallUsd: number;
  /** The same as a share of what such a call costs. */
  readonly shareOfCall: number;
  /**
   * USD once, when it is promoted: what providers hold of the conversations in their caches begins with the old prefix,
   * and is read and written anew. At the rate at which these calls come.
   */
  readonly cacheLossUsd: number;
}

const MILLION = 1_000_000;
/** Of English instructions; a tokenizer's tables would take more memory than all else that prices a prefix. */
const CHARACTERS_PER_TOKEN = 4;
/** How long providers keep what they cache without its being read, in hours. */
const CACHE_HOURS = 1;

/**
 * Prices a prefix over stored calls of the kind that it is for. Where calls read from a cache the prefix is read from it
 * as well, at the cache's price, because it stands before the breakpoints.
 */
export function pricePrefix(
  texts: { readonly seed: string; readonly candidate: string },
  calls: readonly PricedCall[],
  price: { readonly input: number; readonly output: number; readonly cacheRead: number; readonly cacheWrite: number },
  callsPerHour: number,
): PrefixPrice {
  const tokens = tokensOf(texts.candidate);
  const tokensBefore = tokensOf(texts.seed);
  const sum = (value: (call: PricedCall) => number) => calls.reduce((total, call) => total + value(call), 0);
  const cached = sum((call) => call.cacheReadInputTokens);
  const read = cached + sum((call) => call.inputTokens);
  const cachedShare = read === 0 ? 0 : cached / read;
  const perToken = (cachedShare * price.cacheRead + (1 - cachedShare) * price.input) / MILLION;
  const perCallUsd = (tokens - tokensBefore) * perToken;
  const usual =
    sum(
      (call) =>
        call.inputTokens * price.input + call.cacheReadInputTokens * price.cacheRead + call.outputTokens * price.output,
    ) /
    MILLION /
    Math.max(1, calls.length);
  const lostPerCall = (cached / Math.max(1, calls.length)) * Math.max(0, price.cacheWrite - price.cacheRead);
  return {
    ...{ tokens, tokensBefore, perCallUsd },
    shareOfCall: usual === 0 ? 0 : perCallUsd / usual,
    cacheLossUsd: (lostPerCall * callsPerHour * CACHE_HOURS) / MILLION,
  };
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
