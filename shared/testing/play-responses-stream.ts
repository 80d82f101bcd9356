import type { DecodeContext } from '../formats/format.ts';
import { createStreamDecoder } from '../formats/openai-responses/decode-stream.ts';
import { createSseParser, encodeSseEvent } from '../upstream/sse.ts';
import { type PlayedStream, playStream } from './play-stream.ts';

/** The bytes of a stream of `response.*` events, as a server sends it. */
export function encodeResponsesStream(events: readonly object[]): Buffer {
  const written = events.map((event, index) =>
    encodeSseEvent({
      event: 'type' in event ? String(event.type) : undefined,
      data: JSON.stringify({ sequence_number: index, ...event }),
    }),
  );
  return Buffer.from(written.join(''));
}

/** Plays an upstream stream through parser, decoder and client encoding, in pieces cut at `cuts` (byte offsets). */
export function playResponsesStream(
  upstream: Uint8Array,
  context: DecodeContext,
  cuts: readonly number[] = [],
): PlayedStream {
  return playStream(createSseParser(), createStreamDecoder(context), upstream, cuts);
}
