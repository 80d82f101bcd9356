import type { SseEvent } from '../../upstream/sse.ts';
import { brokenUpstream } from '../api-error.ts';
import type { CanonicalStreamEvent } from '../canonical.ts';
import type { DecodeContext, StreamDecoder } from '../format.ts';
import { parseChatChunk } from '../openai-chat/chunk.ts';
import { readEvent } from './read-event.ts';
import { createResponsesStreamState, fail, type ResponsesStream, type ResponsesStreamState } from './stream-state.ts';

function pushEvent(stream: ResponsesStream, event: SseEvent): void {
  const data = event.data.trim();
  // Some servers end with the marker of Chat Completions; the response says itself when it is complete.
  if (data === '' || data === '[DONE]') return;
  const parsed = parseChatChunk(data);
  if (parsed === null) fail(stream, brokenUpstream('The upstream sent stream data that is not JSON.'));
  else readEvent(stream, parsed, event.event);
}

/** Decodes a stream of `response.*` events; pass `state` to go on where another decoder stopped. */
export function createStreamDecoder(
  context: DecodeContext,
  state: ResponsesStreamState = createResponsesStreamState(),
): StreamDecoder {
  const stream: ResponsesStream = { state, context, events: [] };
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
      if (!isOver()) fail(stream, brokenUpstream('The upstream stream ended before the answer was complete.'));
      return take();
    },
    message: () => state.accumulated.message,
    isComplete: () => state.phase === 'complete',
    failure: () => state.failure,
    losses: () => state.losses,
    upstreamStopReason: () => state.stopReason,
    state,
  };
}
