import { lookUp } from '../../look-up.ts';
import type { CanonicalStopReason } from '../canonical.ts';

const STOP_REASONS: Readonly<Record<string, CanonicalStopReason>> = {
  completed: 'end_turn',
  max_output_tokens: 'max_tokens',
  max_tokens: 'max_tokens',
  content_filter: 'refusal',
};

/**
 * The stop reason for the client, of a response that is `completed`, or incomplete for a reason of its own. Clients go
 * by it, so the blocks that were delivered decide whether a tool was used. Null for a reason that is not known.
 */
export function decodeStopReason(reason: string, hasToolUse: boolean): CanonicalStopReason | null {
  const mapped = lookUp(STOP_REASONS, reason);
  if (mapped === 'max_tokens' || mapped === 'refusal') return mapped;
  return hasToolUse ? 'tool_use' : (mapped ?? null);
}
