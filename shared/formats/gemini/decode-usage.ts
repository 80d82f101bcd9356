import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject, tokenCount } from '../json-object.ts';

/**
 * Canonical usage from `usageMetadata`, or null when it says nothing of tokens. The prompt count includes what the cache
 * served, and `input_tokens` must not; the candidates' count leaves thoughts out, and they are paid as output.
 */
export function decodeUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage) || typeof usage['promptTokenCount'] !== 'number') return null;
  const prompt = tokenCount(usage['promptTokenCount']);
  const cacheRead = Math.min(prompt, tokenCount(usage['cachedContentTokenCount']));
  const thoughts = tokenCount(usage['thoughtsTokenCount']);
  return {
    input_tokens: prompt - cacheRead + tokenCount(usage['toolUsePromptTokenCount']),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cacheRead,
    output_tokens: tokenCount(usage['candidatesTokenCount']) + thoughts,
    ...(thoughts > 0 ? { output_tokens_details: { thinking_tokens: thoughts } } : {}),
  };
}
