import type { CanonicalStopReason, CanonicalUsage } from '../canonical.ts';
import { mapFinishReason } from './map-finish-reason.ts';
import { startMessage } from './read-chunk.ts';
import { closeOpenBlock } from './stream-blocks.ts';
import { emit, type GeminiStream, lose } from './stream-state.ts';

/** For upstreams that never report usage: clients steer compaction by it, so a guess is better than a zero. */
const CHARACTERS_PER_TOKEN = 4;

function finalUsage(stream: GeminiStream): CanonicalUsage {
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

/** Clients cannot show, and some cannot store, an answer without a block. A refusal says why, where it is told. */
function ensureBlock(stream: GeminiStream, stopReason: CanonicalStopReason): void {
  const { state } = stream;
  if (state.nextIndex > 0) return;
  emit(stream, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  if (stopReason === 'refusal' && state.refusalText !== null) {
    emit(stream, { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: state.refusalText } });
  }
  emit(stream, { type: 'content_block_stop', index: 0 });
  state.nextIndex = 1;
}

/** Closes everything: the upstream said that it finished. */
export function completeGeminiStream(stream: GeminiStream): void {
  const { state } = stream;
  startMessage(stream);
  closeOpenBlock(stream, true);
  const hasToolUse = state.toolUseIds.length > 0;
  let stopReason = state.isBlocked ? 'refusal' : mapFinishReason(state.finishReason, hasToolUse);
  if (stopReason === null) {
    lose(stream, 'approximated', '/stop_reason', 'finishReason of a kind that is not known');
    stopReason = 'end_turn';
  }
  ensureBlock(stream, stopReason);
  // Gemini says STOP for a matched stop sequence too, and not which.
  const delta = { stop_reason: stopReason, stop_sequence: null };
  emit(stream, { type: 'message_delta', delta, usage: finalUsage(stream) });
  emit(stream, { type: 'message_stop' });
  state.phase = 'complete';
}
