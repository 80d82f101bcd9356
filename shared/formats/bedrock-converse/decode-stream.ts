import type { SseEvent } from '../../upstream/sse.ts';
import { brokenUpstream } from '../api-error.ts';
import type { CanonicalStreamEvent } from '../canonical.ts';
import type { DecodeContext, StreamDecoder } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { completeConverseStream } from './complete-stream.ts';
import { apiErrorFromException, parseErrorBody } from './decode-error.ts';
import { readEvent } from './read-event.ts';
import { exceptionName } from './read-message.ts';
import { type ConverseStream, type ConverseStreamState, createConverseStreamState, fail } from './stream-state.ts';

function parsePayload(data: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(data);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function pushEvent(stream: ConverseStream, event: SseEvent): void {
  const { context } = stream;
  const exception = exceptionName(event.event ?? '');
  if (exception !== null) {
    fail(stream, apiErrorFromException(exception, parseErrorBody(event.data), null, context));
    return;
  }
  const payload = parsePayload(event.data);
  if (payload === null) fail(stream, brokenUpstream('The upstream sent stream data that is not JSON.'));
  else readEvent(stream, event.event ?? '', payload);
}

/** The connection closed: the answer is whole only if the model said that it stopped. */
function endOfData(stream: ConverseStream): void {
  if (stream.state.stopReason !== null) completeConverseStream(stream);
  else fail(stream, brokenUpstream('The upstream stream ended before the answer was complete.'));
}

/**
 * Decodes a ConverseStream whose framing `readConverseMessage` has taken off: events by name, with JSON as data. Pass
 * `state` to go on where another decoder stopped.
 */
export function createStreamDecoder(
  context: DecodeContext,
  state: ConverseStreamState = createConverseStreamState(),
): StreamDecoder {
  const stream: ConverseStream = { state, context, events: [] };
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
    failure: () => state.failure,
    losses: () => state.losses,
    upstreamStopReason: () => state.stopReason,
    state,
  };
}
