import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** Canonical usage, or null when there is none. `inputTokens` of Converse leaves out both cache counts already. */
export function decodeUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage) || typeof usage['inputTokens'] !== 'number') return null;
  return {
    input_tokens: count(usage['inputTokens']),
    cache_creation_input_tokens: count(usage['cacheWriteInputTokens'] ?? usage['cacheWriteInputTokenCount']),
    cache_read_input_tokens: count(usage['cacheReadInputTokens'] ?? usage['cacheReadInputTokenCount']),
    output_tokens: count(usage['outputTokens']),
  };
}
