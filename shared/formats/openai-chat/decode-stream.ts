import type { SseEvent } from '../../upstream/sse.ts';
import { type ApiError, brokenUpstream } from '../api-error.ts';
import type { CanonicalStreamEvent, CanonicalUsage } from '../canonical.ts';
import type { DecodeContext, StreamDecoder } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { createMessageId } from '../tool-id.ts';
import { isWholeJsonObject } from '../tool-input.ts';
import { type ChatChoice, type ChatChunk, firstChoice, nonEmptyString, parseChatChunk } from './chunk.ts';
import { apiErrorFromChatBody } from './decode-error.ts';
import { decodeChatUsage } from './decode-usage.ts';
import { drainSegments } from './drain-segments.ts';
import { isFailureReason, mapFinishReason } from './map-finish-reason.ts';
import { addDelta } from './stream-deltas.ts';
import { type ChatStream, type ChatStreamState, createChatStreamState, emit, fail, lose } from './stream-state.ts';

/** For upstreams that never report usage: clients steer compaction by it, so a guess is better than a zero. */
const CHARACTERS_PER_TOKEN = 4;
/** An in-stream error without a status of its own is the upstream's. */
const IN_STREAM_ERROR_STATUS = 500;

function start(stream: ChatStream): void {
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
  start(stream);
  const content = isJsonObject(choice.delta) ? choice.delta : choice.message;
  if (isJsonObject(content)) addDelta(stream, content);
  drainSegments(stream, false);
}

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
  start(stream);
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

/** `[DONE]` without a finish reason is an end only if nothing was left half said. */
function isSettled(state: ChatStreamState): boolean {
  if (state.finishReason !== null) return true;
  return (
    state.phase === 'streaming' &&
    state.segments.every((segment) => segment.type !== 'tool' || isWholeJsonObject(segment.arguments))
  );
}

function endOfData(stream: ChatStream, isDone: boolean): void {
  const { state } = stream;
  if (isDone ? isSettled(state) : state.finishReason !== null) {
    if (state.finishReason === null) lose(stream, 'approximated', '/stop_reason', 'upstream gave no finish_reason');
    completeChatStream(stream);
  } else {
    fail(stream, brokenUpstream('The upstream stream ended before the answer was complete.'));
  }
}

function pushEvent(stream: ChatStream, event: SseEvent): void {
  const data = event.data.trim();
  if (data === '') return;
  if (data === '[DONE]') {
    endOfData(stream, true);
    return;
  }
  const chunk = parseChatChunk(data);
  if (chunk === null) fail(stream, brokenUpstream('The upstream sent stream data that is not JSON.'));
  else if (event.event === 'error') fail(stream, apiErrorFromChatBody(IN_STREAM_ERROR_STATUS, chunk));
  else pushChatChunk(stream, chunk);
}

/** Decodes a Chat Completions stream; pass `state` to go on where another decoder stopped. */
export function createStreamDecoder(
  context: DecodeContext,
  state: ChatStreamState = createChatStreamState(),
): StreamDecoder {
  const stream: ChatStream = { state, context, events: [] };
  const isOver = (): boolean => state.phase === 'complete' || state.phase === 'failed';
  const take = (): CanonicalStreamEvent[] => {
    const { events } = stream;
    stream.events = [];
    return events;
  };
  return {
    push(event) {
      if (!isOver()) pushEvent(stream, event);
      return take();
    },
    end() {
      if (!isOver()) endOfData(stream, false);
      return take();
    },
    message: () => state.accumulated.message,
    isComplete: () => state.phase === 'complete',
    failure: (): ApiError | null => state.failure,
    losses: () => state.losses,
    upstreamStopReason: () => state.finishReason,
    state,
  };
}
