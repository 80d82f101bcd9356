import type { CallUsage } from '#shared/domain/call.ts';

/** Dollars per million tokens, under a version that a call carries. */
export interface ModelPrice {
  readonly version: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

const MILLION = 1_000_000;

/** What an answer cost, in dollars; null when no price is known. */
export function callCost(usage: CallUsage | null, price: ModelPrice | null): number | null {
  if (usage === null || price === null) return null;
  const cost =
    usage.inputTokens * price.input +
    usage.cacheReadInputTokens * price.cacheRead +
    usage.cacheCreationInputTokens * price.cacheWrite +
    usage.outputTokens * price.output;
  return cost / MILLION;
}

/** What a call will cost at least: its input, before anything is known of the answer. */
export function costEstimate(inputTokensEstimate: number, price: ModelPrice | null): number | null {
  return price === null ? null : (inputTokensEstimate * price.input) / MILLION;
}
