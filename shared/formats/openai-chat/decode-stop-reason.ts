import type { CanonicalStopReason } from '../canonical.ts';

const STOP_REASONS: Readonly<Record<string, CanonicalStopReason>> = {
  stop: 'end_turn',
  eos: 'end_turn',
  // Hugging Face's server, in the words of its own API.
  eos_token: 'end_turn',
  stop_sequence: 'end_turn',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  length: 'max_tokens',
  max_tokens: 'max_tokens',
  model_length: 'model_context_window_exceeded',
  content_filter: 'refusal',
  complete: 'end_turn',
  tool_call: 'tool_use',
  error_limit: 'model_context_window_exceeded',
  error_toxic: 'refusal',
};

/** Reasons by which servers say, inside an ordinary chunk, that they gave up: these are no answers. */
const FAILURES: ReadonlySet<string> = new Set(['error', 'timeout', 'abort', 'insufficient_system_resource']);

export function isFailureReason(finishReason: string): boolean {
  return FAILURES.has(finishReason.toLowerCase());
}

/**
 * The stop reason for the client. Servers say `stop` after tool calls and `tool_calls` without any, and clients go by
 * the reason, so the blocks that were delivered decide between those two. Cohere writes its reasons in capitals. Null
 * for a reason that is not known.
 */
export function decodeStopReason(finishReason: string | null, hasToolUse: boolean): CanonicalStopReason | null {
  const mapped = finishReason === null ? 'end_turn' : STOP_REASONS[finishReason.toLowerCase()];
  if (mapped === 'max_tokens' || mapped === 'refusal' || mapped === 'model_context_window_exceeded') return mapped;
  if (hasToolUse) return 'tool_use';
  return mapped === undefined ? null : 'end_turn';
}
