import { lookUp } from '../../look-up.ts';
import type { CanonicalStopReason } from '../canonical.ts';

const STOP_REASONS: Readonly<Record<string, CanonicalStopReason>> = {
  completed: 'end_turn',
  requires_action: 'end_turn',
  incomplete: 'max_tokens',
  budget_exceeded: 'max_tokens',
};

/** Statuses of interactions that came to nothing. */
const FAILURES: ReadonlySet<string> = new Set(['failed', 'cancelled', 'in_progress', 'queued']);

export function isFailureStatus(status: string): boolean {
  return FAILURES.has(status);
}

/** The stop reason for the client, by the blocks that were delivered. Null for a status that is not known. */
export function decodeStopReason(status: string, hasToolUse: boolean): CanonicalStopReason | null {
  const mapped = lookUp(STOP_REASONS, status);
  if (mapped === 'max_tokens') return mapped;
  return hasToolUse ? 'tool_use' : (mapped ?? null);
}
