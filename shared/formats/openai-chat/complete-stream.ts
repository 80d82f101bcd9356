import type { CanonicalUsage } from '../canonical.ts';
import { drainSegments } from './drain-segments.ts';
import { mapFinishReason } from './map-finish-reason.ts';
import { startMessage } from './read-chunk.ts';
import { type ChatStream, emit, lose } from './stream-state.ts';

/** For upstreams that never report usage: clients steer compaction by it, so a guess is better than a zero. */
const CHARACTERS_PER_TOKEN = 4;

function finalUsage(stream: ChatStream): CanonicalUsage {
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

/** Closes everything: the upstream said that it finished. */
export function completeChatStream(stream: ChatStream): void {
  const { state } = stream;
  startMessage(stream);
  drainSegments(stream, true);
  if (state.nextIndex === 0) {
    // Clients cannot show, and some cannot store, an answer without a block.
    emit(stream, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    emit(stream, { type: 'content_block_stop', index: 0 });
    state.nextIndex = 1;
  }
  const hasToolUse = state.toolUseIds.length > 0;
  let stopReason = mapFinishReason(state.finishReason, hasToolUse);
  if (stopReason === null) {
    lose(stream, 'approximated', '/stop_reason', 'finish_reason of a kind that is not known');
    stopReason = 'end_turn';
  }
  if (state.isRefusal) stopReason = 'refusal';
  const isStopSequence = stopReason === 'end_turn' && state.stopSequence !== null;
  const delta = {
    stop_reason: isStopSequence ? ('stop_sequence' as const) : stopReason,
    stop_sequence: isStopSequence ? state.stopSequence : null,
  };
  emit(stream, { type: 'message_delta', delta, usage: finalUsage(stream) });
  emit(stream, { type: 'message_stop' });
  state.phase = 'complete';
}
