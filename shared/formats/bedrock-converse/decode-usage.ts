import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject, tokenCount } from '../json-object.ts';

/** Canonical usage, or null when there is none. `inputTokens` of Converse leaves out both cache counts already. */
export function decodeUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage) || typeof usage['inputTokens'] !== 'number') return null;
  return {
    input_tokens: tokenCount(usage['inputTokens']),
    cache_creation_input_tokens: tokenCount(usage['cacheWriteInputTokens'] ?? usage['cacheWriteInputTokenCount']),
    cache_read_input_tokens: tokenCount(usage['cacheReadInputTokens'] ?? usage['cacheReadInputTokenCount']),
    output_tokens: tokenCount(usage['outputTokens']),
  };
}
