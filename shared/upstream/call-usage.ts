import type { CallUsage } from '../domain/call.ts';
import type { CanonicalUsage } from '../formats/canonical.ts';

/** Canonical usage as a call keeps it. Upstreams report null, fractions and nothing at all. */
export function callUsage(usage: CanonicalUsage): CallUsage {
  return {
    inputTokens: count(usage.input_tokens),
    cacheReadInputTokens: count(usage.cache_read_input_tokens),
    cacheCreationInputTokens: count(usage.cache_creation_input_tokens),
    outputTokens: count(usage.output_tokens),
    reasoningOutputTokens: count(usage.output_tokens_details?.thinking_tokens),
  };
}

function count(value: number | null | undefined): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}
