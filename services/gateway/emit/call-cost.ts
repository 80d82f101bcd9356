import type { CallUsage } from '#shared/domain/call.ts';
import type { CanonicalUsage } from '#shared/formats/canonical.ts';

/** Dollars per million tokens, under a version that a call carries. */
export interface ModelPrice {
  readonly version: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
}

const MILLION = 1_000_000;

/** What an answer cost, in dollars; null when no price is known. */
export function callCost(usage: CallUsage | null, price: ModelPrice | null): number | null {
  if (usage === null || price === null) return null;
  const cost =
    usage.inputTokens * price.input +
    usage.cacheReadInputTokens * price.cacheRead +
    usage.cacheCreationInputTokens * price.cacheCreation +
    usage.outputTokens * price.output;
  return cost / MILLION;
}

/** What a call will cost at least: its input, before anything is known of the answer. */
export function costEstimate(inputTokensEstimate: number, price: ModelPrice | null): number | null {
  return price === null ? null : (inputTokensEstimate * price.input) / MILLION;
}

export function callUsage(usage: CanonicalUsage): CallUsage {
  return {
    inputTokens: count(usage.input_tokens),
    cacheReadInputTokens: count(usage.cache_read_input_tokens),
    cacheCreationInputTokens: count(usage.cache_creation_input_tokens),
    outputTokens: count(usage.output_tokens),
    reasoningOutputTokens: count(usage.output_tokens_details?.thinking_tokens),
  };
}

/** Upstreams report null, fractions and nothing at all. */
function count(value: number | null | undefined): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}
