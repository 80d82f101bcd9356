import { createEventStreamDecoder, type EventStreamFailure, type EventStreamMessage } from './event-stream.ts';
import type { SseEvent } from './sse.ts';

/** Reads an AWS event stream as the events that decoders take; used like an SSE parser. */
export interface EventStreamParser {
  push(bytes: Uint8Array): SseEvent[];
  /** The upstream closed. Nothing is left to deliver, but a cut message shows in `failure`. */
  end(): SseEvent[];
  readonly failure: EventStreamFailure | null;
  /** What comes next is not known: no event of this framing is read from its bytes alone. */
  readonly isBetweenEvents: false;
}

/** Parses AWS framing; `read` says what a message means in the wire format at hand, or null to pass it over. */
export function createEventStreamParser(read: (message: EventStreamMessage) => SseEvent | null): EventStreamParser {
  const decoder = createEventStreamDecoder();
  return {
    isBetweenEvents: false,
    push: (bytes) => decoder.push(bytes).flatMap((message) => read(message) ?? []),
    end: () => {
      decoder.end();
      return [];
    },
    get failure() {
      return decoder.failure;
    },
  };
}
