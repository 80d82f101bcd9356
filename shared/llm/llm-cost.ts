import type { LlmPrice, LlmUsage } from './llm.ts';

const MILLION = 1_000_000;
/** Fewer characters than any tokenizer puts into an average token of code or prose, so that estimates are upper bounds. */
const CHARACTERS_PER_TOKEN_LEAST = 2.5;

/** USD of what was used, or null without a price. */
export function llmCostUsd(usage: LlmUsage, price: LlmPrice | null): number | null {
  if (price === null) return null;
  const cacheRead = usage.cacheReadInputTokens * (price.cacheRead ?? price.input);
  return (usage.inputTokens * price.input + cacheRead + usage.outputTokens * price.output) / MILLION;
}

/** USD that a request of this size costs at the most, or null without a price. */
export function estimateLlmCostUsd(
  inputCharacters: number,
  maxOutputTokens: number,
  price: LlmPrice | null,
): number | null {
  if (price === null) return null;
  const inputTokens = inputCharacters / CHARACTERS_PER_TOKEN_LEAST;
  return (inputTokens * price.input + maxOutputTokens * price.output) / MILLION;
}
