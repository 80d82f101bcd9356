import { createStreamDecoder } from '../formats/bedrock-converse/decode-stream.ts';
import { readConverseMessage } from '../formats/bedrock-converse/read-message.ts';
import type { DecodeContext } from '../formats/format.ts';
import { encodeEventStreamMessage } from '../upstream/event-stream.ts';
import { createEventStreamParser, type EventStreamParser } from '../upstream/event-stream-parser.ts';
import { type PlayedStream, playStream } from './play-stream.ts';

/** One event of a ConverseStream, as recordings write it: its name, and what it says. */
export type ConverseEvent = Readonly<Record<string, object>>;

/** The bytes of a stream of events, as Bedrock sends it; the last may be an exception. */
export function encodeConverseStream(events: readonly ConverseEvent[]): Buffer {
  return Buffer.concat(
    events.flatMap((event) =>
      Object.entries(event).map(([name, payload]) => {
        const kind = name.endsWith('Exception') ? 'exception' : 'event';
        const headers = { [`:${kind}-type`]: name, ':content-type': 'application/json', ':message-type': kind };
        return encodeEventStreamMessage(headers, Buffer.from(JSON.stringify(payload)));
      }),
    ),
  );
}

/** Plays an upstream stream through parser, decoder and client encoding, in pieces cut at `cuts` (byte offsets). */
export function playConverseStream(
  upstream: Uint8Array,
  context: DecodeContext,
  cuts: readonly number[] = [],
): PlayedStream<EventStreamParser> {
  return playStream(createEventStreamParser(readConverseMessage), createStreamDecoder(context), upstream, cuts);
}
