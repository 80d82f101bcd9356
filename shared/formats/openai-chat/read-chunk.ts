import { brokenUpstream } from '../api-error.ts';
import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';
import { createMessageId } from '../tool-id.ts';
import { type ChatChoice, type ChatChunk, firstChoice, nonEmptyString } from './chunk.ts';
import { apiErrorFromChatBody } from './decode-error.ts';
import { decodeChatUsage } from './decode-usage.ts';
import { drainSegments } from './drain-segments.ts';
import { isFailureReason } from './map-finish-reason.ts';
import { addDelta } from './stream-deltas.ts';
import { type ChatStream, emit, fail } from './stream-state.ts';

/** An error inside an answer that carries no status of its own is the upstream's. */
export const IN_STREAM_ERROR_STATUS = 500;

/** Starts the message, once, when the first content or the end shows that there is one. */
export function startMessage(stream: ChatStream): void {
  const { state, context } = stream;
  if (state.phase !== 'waiting') return;
  state.phase = 'streaming';
  const usage: CanonicalUsage = {
    input_tokens: state.usage?.input_tokens ?? context.inputTokensEstimate ?? 0,
    cache_creation_input_tokens: state.usage?.cache_creation_input_tokens ?? 0,
    cache_read_input_tokens: state.usage?.cache_read_input_tokens ?? 0,
    output_tokens: 0,
  };
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
      usage,
    },
  });
}

function readFinish(stream: ChatStream, choice: ChatChoice): void {
  const { state } = stream;
  state.finishReason = nonEmptyString(choice.finish_reason) ?? state.finishReason;
  // vLLM names the stop string that matched; nobody else does.
  const matched = nonEmptyString(choice.stop_reason);
  if (matched !== null && stream.context.request.stop_sequences?.includes(matched)) state.stopSequence = matched;
}

/** Reads one chunk, or one whole completion, which differ only in where the choice keeps its content. */
export function pushChatChunk(stream: ChatStream, chunk: ChatChunk): void {
  const { state } = stream;
  if (isJsonObject(chunk.error) || typeof chunk.error === 'string') {
    fail(stream, apiErrorFromChatBody(IN_STREAM_ERROR_STATUS, chunk));
    return;
  }
  state.model ??= nonEmptyString(chunk.model);
  state.usage = decodeChatUsage(chunk.usage) ?? state.usage;
  const choice = firstChoice(chunk);
  if (choice === null) return;
  readFinish(stream, choice);
  if (state.finishReason !== null && isFailureReason(state.finishReason)) {
    fail(stream, brokenUpstream(`The upstream gave up in the middle of its answer (${state.finishReason}).`));
    return;
  }
  startMessage(stream);
  const content = isJsonObject(choice.delta) ? choice.delta : choice.message;
  if (isJsonObject(content)) addDelta(stream, content);
  drainSegments(stream, false);
}
