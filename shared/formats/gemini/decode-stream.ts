import type { SseEvent } from '../../upstream/sse.ts';
import { type ApiError, brokenUpstream } from '../api-error.ts';
import type { CanonicalStreamEvent } from '../canonical.ts';
import type { DecodeContext, StreamDecoder } from '../format.ts';
import { parseGeminiChunk } from './chunk.ts';
import { completeGeminiStream } from './complete-stream.ts';
import { apiErrorFromGeminiBody } from './decode-error.ts';
import { IN_STREAM_ERROR_STATUS, pushGeminiChunk } from './read-chunk.ts';
import { createGeminiStreamState, fail, type GeminiStream, type GeminiStreamState } from './stream-state.ts';

function pushEvent(stream: GeminiStream, event: SseEvent): void {
  const data = event.data.trim();
  // Compatible servers end with a mark that Gemini itself has not; the finish reason decides.
  if (data === '' || data === '[DONE]') return;
  const chunk = parseGeminiChunk(data);
  if (chunk === null) fail(stream, brokenUpstream('The upstream sent stream data that is not JSON.'));
  else if (event.event === 'error') fail(stream, apiErrorFromGeminiBody(IN_STREAM_ERROR_STATUS, chunk));
  else pushGeminiChunk(stream, chunk);
}

/** There is no end mark: the stream is whole when it closes after a finish reason. */
function endOfData(stream: GeminiStream): void {
  if (stream.state.finishReason !== null) completeGeminiStream(stream);
  else fail(stream, brokenUpstream('The upstream stream ended before the answer was complete.'));
}

/** Decodes a streamGenerateContent stream; pass `state` to go on where another decoder stopped. */
export function createStreamDecoder(
  context: DecodeContext,
  state: GeminiStreamState = createGeminiStreamState(),
): StreamDecoder {
  const stream: GeminiStream = { state, context, events: [] };
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
      if (!isOver()) endOfData(stream);
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
