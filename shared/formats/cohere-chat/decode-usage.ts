import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';
import { decodeUsage as decodeChatUsage } from '../openai-chat/decode-usage.ts';

/** Canonical usage, or null when there is none. `tokens` is what the model read; `billed_units` leaves parts of it out. */
export function decodeUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage)) return null;
  const counted = isJsonObject(usage['tokens']) ? usage['tokens'] : usage['billed_units'];
  if (!isJsonObject(counted)) return null;
  return decodeChatUsage({
    prompt_tokens: counted['input_tokens'],
    completion_tokens: counted['output_tokens'],
    cached_tokens: usage['cached_tokens'],
  });
}
