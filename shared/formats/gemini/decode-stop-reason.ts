import { lookUp } from '../../look-up.ts';
import type { CanonicalStopReason } from '../canonical.ts';

const STOP_REASONS: Readonly<Record<string, CanonicalStopReason>> = {
  STOP: 'end_turn',
  MAX_TOKENS: 'max_tokens',
  SAFETY: 'refusal',
  RECITATION: 'refusal',
  LANGUAGE: 'refusal',
  BLOCKLIST: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  SPII: 'refusal',
  MODEL_ARMOR: 'refusal',
  IMAGE_SAFETY: 'refusal',
  IMAGE_PROHIBITED_CONTENT: 'refusal',
  IMAGE_RECITATION: 'refusal',
};

/**
 * Reasons by which Gemini says that it gave up: a call that it could not write, or nothing more than that it stopped.
 * The answer ends where the model did not mean to end, and another attempt often succeeds.
 */
const FAILURES: ReadonlySet<string> = new Set([
  'OTHER',
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'NO_IMAGE',
  'IMAGE_OTHER',
]);

export function isFailureReason(finishReason: string): boolean {
  return FAILURES.has(finishReason);
}

/** The stop reason for the client; Gemini says STOP after calls too. Null for a reason that is not known. */
export function decodeStopReason(finishReason: string | null, hasToolUse: boolean): CanonicalStopReason | null {
  const mapped = finishReason === null ? 'end_turn' : lookUp(STOP_REASONS, finishReason);
  if (mapped === 'max_tokens' || mapped === 'refusal') return mapped;
  return hasToolUse ? 'tool_use' : (mapped ?? null);
}
