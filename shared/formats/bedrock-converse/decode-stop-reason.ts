import { lookUp } from '../../look-up.ts';
import type { CanonicalStopReason } from '../canonical.ts';

const STOP_REASONS: Readonly<Record<string, CanonicalStopReason>> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  guardrail_intervened: 'refusal',
  content_filtered: 'refusal',
  model_context_window_exceeded: 'model_context_window_exceeded',
};

/** Reasons by which Bedrock says that what the model wrote is of no use: these are no answers. */
const FAILURES: ReadonlySet<string> = new Set(['malformed_model_output', 'malformed_tool_use']);

export function isFailureReason(stopReason: string): boolean {
  return FAILURES.has(stopReason);
}

/**
 * The stop reason for the client. Clients go by it, and models say `end_turn` after tool calls, so the blocks that were
 * delivered decide whether a tool was used. Null for a reason that is not known.
 */
export function decodeStopReason(stopReason: string, hasToolUse: boolean): CanonicalStopReason | null {
  const mapped = lookUp(STOP_REASONS, stopReason);
  if (mapped === 'max_tokens' || mapped === 'refusal' || mapped === 'model_context_window_exceeded') return mapped;
  if (hasToolUse) return 'tool_use';
  return mapped === 'tool_use' ? 'end_turn' : (mapped ?? null);
}
