import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';
import { decodeUsage as decodeChatUsage } from '../openai-chat/decode-usage.ts';

/** Canonical usage of a response, or null when it reports none. It counts as Chat Completions does, by other names. */
export function decodeUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage)) return null;
  return decodeChatUsage({
    prompt_tokens: usage['input_tokens'],
    completion_tokens: usage['output_tokens'],
    total_tokens: usage['total_tokens'],
    prompt_tokens_details: usage['input_tokens_details'],
    completion_tokens_details: usage['output_tokens_details'],
  });
}
