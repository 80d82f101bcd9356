import type { SseEvent } from '../../upstream/sse.ts';
import type { ApiError } from '../api-error.ts';
import type { CanonicalMessage } from '../canonical.ts';
import type { DecodeContext } from '../format.ts';
import { createStreamDecoder } from './decode-stream.ts';

export interface StreamObserver {
  /** Reads an event that was forwarded as it came. Never throws: the client has its bytes already. */
  observe(event: SseEvent): void;
  /** The upstream closed. */
  end(): void;
  message(): CanonicalMessage | null;
  /** `message_stop` was seen: the client has a whole answer. */
  isComplete(): boolean;
  /** An `error` event of the upstream, or that the stream broke off. */
  failure(): ApiError | null;
}

/** Watches a stream whose bytes are forwarded unchanged, and builds the message that the client received. */
export function createStreamObserver(context: DecodeContext): StreamObserver {
  const decoder = createStreamDecoder(context);
  return {
    observe: (event) => {
      decoder.push(event);
    },
    end: () => {
      decoder.end();
    },
    message: decoder.message,
    isComplete: decoder.isComplete,
    failure: decoder.failure,
  };
}
