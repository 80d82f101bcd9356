import { encodeStreamEvent } from '../formats/anthropic-messages/encode-stream-event.ts';
import { createStreamDecoder } from '../formats/bedrock-converse/decode-stream.ts';
import { readConverseMessage } from '../formats/bedrock-converse/read-message.ts';
import type { DecodeContext, StreamDecoder } from '../formats/format.ts';
import { encodeEventStreamMessage } from '../upstream/event-stream.ts';
import { createEventStreamParser, type EventStreamParser } from '../upstream/event-stream-parser.ts';

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

export interface PlayedConverseStream {
  /** What a Messages client receives. */
  readonly bytes: Buffer;
  readonly decoder: StreamDecoder;
  readonly parser: EventStreamParser;
}

/** Plays an upstream stream through parser, decoder and client encoding, in pieces cut at `cuts` (byte offsets). */
export function playConverseStream(
  upstream: Uint8Array,
  context: DecodeContext,
  cuts: readonly number[] = [],
): PlayedConverseStream {
  const parser = createEventStreamParser(readConverseMessage);
  const decoder = createStreamDecoder(context);
  const offsets = [0, ...[...cuts].sort((one, other) => one - other), upstream.length];
  const written: string[] = [];
  for (const [index, end] of offsets.entries()) {
    if (index === 0) continue;
    for (const event of parser.push(upstream.subarray(offsets[index - 1], end))) {
      written.push(...decoder.push(event).map(encodeStreamEvent));
    }
  }
  parser.end();
  written.push(...decoder.end().map(encodeStreamEvent));
  return { bytes: Buffer.from(written.join('')), decoder, parser };
}
