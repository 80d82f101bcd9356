import type { SseEvent } from '../../upstream/sse.ts';
import { type ApiError, brokenUpstream } from '../api-error.ts';
import type { CanonicalStreamEvent } from '../canonical.ts';
import type { DecodeContext, StreamDecoder } from '../format.ts';
import { isWholeJsonObject } from '../tool-input.ts';
import { parseChatChunk } from './chunk.ts';
import { completeChatStream } from './complete-stream.ts';
import { apiErrorFromChatBody } from './decode-error.ts';
import { IN_STREAM_ERROR_STATUS, pushChatChunk } from './read-chunk.ts';
import { type ChatStream, type ChatStreamState, createChatStreamState, fail, lose } from './stream-state.ts';

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
