import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/**
 * Canonical usage from `usageMetadata`, or null when it says nothing of tokens. The prompt count includes what the cache
 * served, and `input_tokens` must not; the candidates' count leaves thoughts out, and they are paid as output.
 */
export function decodeGeminiUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage) || typeof usage['promptTokenCount'] !== 'number') return null;
  const prompt = count(usage['promptTokenCount']);
  const cacheRead = Math.min(prompt, count(usage['cachedContentTokenCount']));
  const thoughts = count(usage['thoughtsTokenCount']);
  return {
    input_tokens: prompt - cacheRead + count(usage['toolUsePromptTokenCount']),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cacheRead,
    output_tokens: count(usage['candidatesTokenCount']) + thoughts,
    ...(thoughts > 0 ? { output_tokens_details: { thinking_tokens: thoughts } } : {}),
  };
}
