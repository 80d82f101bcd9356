import { lookUp } from '../../look-up.ts';
import type { CanonicalStopReason } from '../canonical.ts';

type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

const FINISH_REASONS: Readonly<Record<CanonicalStopReason, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
};

/** The finish reason for a Chat Completions client. A reason that is not known ended the answer, which is all it asks. */
export function encodeStopReason(stopReason: CanonicalStopReason | null): FinishReason {
  return stopReason === null ? 'stop' : (lookUp(FINISH_REASONS, stopReason) ?? 'stop');
}
