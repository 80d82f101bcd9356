import type { CanonicalStopReason, CanonicalUsage } from './canonical.ts';
import { type DecoderStream, emit, lose, startBlock } from './stream-frame.ts';

/** For upstreams that never report usage: clients steer compaction by it, so a guess is better than a zero. */
const CHARACTERS_PER_TOKEN = 4;

function finalUsage(stream: DecoderStream): CanonicalUsage {
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

export interface MessageEnd {
  /** Null for a reason of the upstream's that is not known. */
  readonly stopReason: CanonicalStopReason | null;
  readonly stopSequence?: string | null;
  /** What to say in an answer without any block. */
  readonly emptyText?: string | null;
}

/** The last events of an answer whose blocks are closed. Clients cannot show, and some cannot store, one without any. */
export function completeMessage(stream: DecoderStream, end: MessageEnd): void {
  const { state } = stream;
  if (state.nextIndex === 0) {
    const index = startBlock(stream, { type: 'text', text: '' });
    const text = end.emptyText ?? '';
    if (text !== '') emit(stream, { type: 'content_block_delta', index, delta: { type: 'text_delta', text } });
    emit(stream, { type: 'content_block_stop', index });
  }
  if (end.stopReason === null) lose(stream, 'approximated', '/stop_reason', 'stop reason of a kind that is not known');
  const delta = { stop_reason: end.stopReason ?? 'end_turn', stop_sequence: end.stopSequence ?? null } as const;
  emit(stream, { type: 'message_delta', delta, usage: finalUsage(stream) });
  emit(stream, { type: 'message_stop' });
  state.phase = 'complete';
}
