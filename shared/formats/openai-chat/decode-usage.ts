import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject, tokenCount } from '../json-object.ts';

/**
 * Canonical usage from any dialect of Chat Completions usage, or null when there is none. `prompt_tokens` includes what
 * the cache served; `input_tokens` must not.
 */
export function decodeUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage) || typeof usage['prompt_tokens'] !== 'number') return null;
  const promptDetails = isJsonObject(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {};
  const outputDetails = isJsonObject(usage['completion_tokens_details']) ? usage['completion_tokens_details'] : {};
  const prompt = tokenCount(usage['prompt_tokens']);
  // DeepSeek and Moonshot say it beside the details.
  const cacheRead = Math.min(
    prompt,
    tokenCount(promptDetails['cached_tokens'] ?? usage['prompt_cache_hit_tokens'] ?? usage['cached_tokens']),
  );
  const cacheCreation = Math.min(prompt - cacheRead, tokenCount(promptDetails['cache_write_tokens']));
  const completion = tokenCount(usage['completion_tokens']);
  const reasoning = tokenCount(outputDetails['reasoning_tokens'] ?? usage['reasoning_tokens']);
  // xAI leaves reasoning out of `completion_tokens`, and only the total tells.
  const isReasoningApart = reasoning > 0 && tokenCount(usage['total_tokens']) === prompt + completion + reasoning;
  return {
    input_tokens: prompt - cacheRead - cacheCreation,
    cache_creation_input_tokens: cacheCreation,
    cache_read_input_tokens: cacheRead,
    output_tokens: isReasoningApart ? completion + reasoning : completion,
    ...(reasoning > 0 ? { output_tokens_details: { thinking_tokens: reasoning } } : {}),
  };
}
