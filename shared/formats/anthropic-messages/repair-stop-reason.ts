import type { CanonicalMessage, CanonicalStopReason } from '../canonical.ts';

/** How the repair is told in the ledger. */
export const CONTRADICTED_STOP = 'stop reason that contradicts the blocks';

/** Calls that the client has to answer; those of Anthropic's code execution can be answered by the time of the end. */
function hasOwnCall(content: CanonicalMessage['content']): boolean {
  return content.some((block) => block.type === 'tool_use' && (block.caller?.type ?? 'direct') === 'direct');
}

/**
 * The stop reason by the blocks, between the two that servers mix up which only imitate the API: clients go by it, and
 * would wait for an answer, or leave calls unanswered.
 */
export function repairStopReason(
  stopReason: CanonicalStopReason | null,
  content: CanonicalMessage['content'],
): CanonicalStopReason | null {
  if (stopReason === 'end_turn' && hasOwnCall(content)) return 'tool_use';
  const isWithoutCall = stopReason === 'tool_use' && !content.some((block) => block.type === 'tool_use');
  return isWithoutCall ? 'end_turn' : stopReason;
}
