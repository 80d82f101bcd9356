import type { CanonicalUsage } from '../canonical.ts';
import { mapStopReason } from './map-stop-reason.ts';
import { type ConverseStream, emit, lose } from './stream-state.ts';

/** For answers without usage: clients steer compaction by it, so a guess is better than a zero. */
const CHARACTERS_PER_TOKEN = 4;

function finalUsage(stream: ConverseStream): CanonicalUsage {
  const { state, context } = stream;
  if (state.usage !== null) return state.usage;
  lose(stream, 'approximated', '/usage', 'upstream reported no usage; estimated from lengths');
  return {
    input_tokens: context.inputTokensEstimate ?? 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: Math.ceil(state.outputCharacters / CHARACTERS_PER_TOKEN),
  };
}

/** The last events of an answer whose blocks are closed. */
export function completeConverseStream(stream: ConverseStream): void {
  const { state } = stream;
  if (state.nextIndex === 0) {
    // Clients cannot show, and some cannot store, an answer without a block.
    emit(stream, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    emit(stream, { type: 'content_block_stop', index: 0 });
    state.nextIndex = 1;
  }
  let stopReason = mapStopReason(state.stopReason ?? 'end_turn', state.toolUseIds.length > 0);
  if (stopReason === null) {
    lose(stream, 'approximated', '/stop_reason', 'stop reason of a kind that is not known');
    stopReason = 'end_turn';
  }
  const stopSequence = stopReason === 'stop_sequence' ? state.stopSequence : null;
  const delta = { stop_reason: stopReason, stop_sequence: stopSequence };
  emit(stream, { type: 'message_delta', delta, usage: finalUsage(stream) });
  emit(stream, { type: 'message_stop' });
  state.phase = 'complete';
}
