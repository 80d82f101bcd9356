import { brokenUpstream } from '../api-error.ts';
import type { CanonicalStopReason, CanonicalUsage } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';
import { nonEmptyString } from '../openai-chat/chunk.ts';
import { createMessageId } from '../tool-id.ts';
import { decodeResponsesUsage } from './decode-usage.ts';
import { drainSegments } from './drain-segments.ts';
import { finishSegment, readItem } from './read-item.ts';
import { emit, type Fields, fail, lose, type ResponsesStream } from './stream-state.ts';

/** For upstreams that never report usage: clients steer compaction by it, so a guess is better than a zero. */
const CHARACTERS_PER_TOKEN = 4;

const STOP_REASONS: Readonly<Record<string, CanonicalStopReason>> = {
  max_output_tokens: 'max_tokens',
  max_tokens: 'max_tokens',
  content_filter: 'refusal',
};

/** Starts the message, once, when the first content or the end shows that there is one. */
export function startMessage(stream: ResponsesStream): void {
  const { state, context } = stream;
  if (state.phase !== 'waiting') return;
  state.phase = 'streaming';
  emit(stream, {
    type: 'message_start',
    message: {
      id: createMessageId(context.callId),
      type: 'message',
      role: 'assistant',
      model: state.model ?? context.targetModel,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: state.usage?.input_tokens ?? context.inputTokensEstimate ?? 0,
        cache_creation_input_tokens: state.usage?.cache_creation_input_tokens ?? 0,
        cache_read_input_tokens: state.usage?.cache_read_input_tokens ?? 0,
        output_tokens: 0,
      },
    },
  });
}

function finalUsage(stream: ResponsesStream): CanonicalUsage {
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

/** The final response repeats the output. It is read where nothing was streamed, or a call was left without an end. */
function readFinalOutput(stream: ResponsesStream, output: unknown): void {
  if (!Array.isArray(output)) return;
  const { state } = stream;
  const isUnseen = !state.hasItems;
  for (const [index, item] of output.entries()) {
    if (!isJsonObject(item)) continue;
    if (isUnseen) readItem(stream, item, index, true);
    else {
      const pending = state.segments.find(
        ({ callId, isDone }) => callId !== null && !isDone && callId === item['call_id'],
      );
      if (pending !== undefined) finishSegment(stream, pending, item['arguments']);
    }
  }
}

function stopReasonOf(stream: ResponsesStream): CanonicalStopReason {
  const { state } = stream;
  const reason = state.stopReason ?? 'completed';
  const cutShort = STOP_REASONS[reason];
  if (cutShort !== undefined) return cutShort;
  if (reason !== 'completed') lose(stream, 'approximated', '/stop_reason', 'incomplete for a reason that is not known');
  if (state.isRefusal) return 'refusal';
  if (state.toolUseIds.length > 0) return 'tool_use';
  return reason === 'completed' ? 'end_turn' : 'max_tokens';
}

/** Takes model and usage from any copy of the response object that an event carries. */
export function readResponseFacts(stream: ResponsesStream, response: Fields): void {
  const { state } = stream;
  state.model ??= nonEmptyString(response['model']);
  state.usage = decodeResponsesUsage(response['usage']) ?? state.usage;
}

/** Closes everything: the upstream said that it finished, with this response. */
export function completeResponse(stream: ResponsesStream, response: Fields): void {
  const { state } = stream;
  readResponseFacts(stream, response);
  const { incomplete_details: incomplete, status } = response;
  const why = isJsonObject(incomplete) ? nonEmptyString(incomplete['reason']) : null;
  state.stopReason = why ?? (status === 'incomplete' ? 'incomplete' : 'completed');
  readFinalOutput(stream, response['output']);
  if (status === 'cancelled') {
    fail(stream, brokenUpstream('The upstream cancelled its answer.'));
    return;
  }
  startMessage(stream);
  drainSegments(stream, true);
  if (state.nextIndex === 0) {
    // Clients cannot show, and some cannot store, an answer without a block.
    emit(stream, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    emit(stream, { type: 'content_block_stop', index: 0 });
    state.nextIndex = 1;
  }
  const delta = { stop_reason: stopReasonOf(stream), stop_sequence: null };
  emit(stream, { type: 'message_delta', delta, usage: finalUsage(stream) });
  emit(stream, { type: 'message_stop' });
  state.phase = 'complete';
}
