import type { CanonicalUsage } from '../canonical.ts';
import { decodeUsage as decodeGeminiUsage } from '../gemini/decode-usage.ts';
import { isJsonObject } from '../json-object.ts';

/** Canonical usage of an interaction, or null when it reports none. It counts as generateContent does. */
export function decodeUsage(usage: unknown): CanonicalUsage | null {
  if (!isJsonObject(usage)) return null;
  return decodeGeminiUsage({
    promptTokenCount: usage['total_input_tokens'],
    cachedContentTokenCount: usage['total_cached_tokens'],
    candidatesTokenCount: usage['total_output_tokens'],
    thoughtsTokenCount: usage['total_thought_tokens'],
    toolUsePromptTokenCount: usage['total_tool_use_tokens'],
  });
}
