import type { CanonicalUsage } from '#shared/formats/canonical.ts';

function sum(left: number | null | undefined, right: number | null | undefined): number {
  return (left ?? 0) + (right ?? 0);
}

/** Token counts of two answers together; all of them are paid for. */
export function sumUsage(left: CanonicalUsage, right: CanonicalUsage): CanonicalUsage {
  const thinking = sum(left.output_tokens_details?.thinking_tokens, right.output_tokens_details?.thinking_tokens);
  return {
    ...left,
    ...right,
    input_tokens: sum(left.input_tokens, right.input_tokens),
    output_tokens: sum(left.output_tokens, right.output_tokens),
    cache_creation_input_tokens: sum(left.cache_creation_input_tokens, right.cache_creation_input_tokens),
    cache_read_input_tokens: sum(left.cache_read_input_tokens, right.cache_read_input_tokens),
    ...(thinking === 0 ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
  };
}
