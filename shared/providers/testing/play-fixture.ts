import { readConverseMessage } from '../../formats/bedrock-converse/read-message.ts';
import type { CanonicalBody } from '../../formats/canonical.ts';
import type { DecodeContext, UpstreamFormat } from '../../formats/format.ts';
import { encodeChatStream } from '../../testing/play-chat-stream.ts';
import { type ConverseEvent, encodeConverseStream } from '../../testing/play-converse-stream.ts';
import { encodeGeminiStream } from '../../testing/play-gemini-stream.ts';
import { encodeResponsesStream } from '../../testing/play-responses-stream.ts';
import { createDecodeContext, type PlayedStream, playStream } from '../../testing/play-stream.ts';
import { createEventStreamParser } from '../../upstream/event-stream-parser.ts';
import { createSseParser, encodeSseEvent } from '../../upstream/sse.ts';

const TOOLS: CanonicalBody['tools'] = ['weather', 'getWeather', 'json'].map((name) => ({
  name,
  input_schema: { type: 'object', properties: {} },
}));

/** The call that every fixture answers. */
export const FIXTURE_CONTEXT: DecodeContext = createDecodeContext({ tools: TOOLS });

function encodeAnthropicStream(events: readonly object[]): Buffer {
  const written = events.map((event) =>
    encodeSseEvent({ event: 'type' in event ? String(event.type) : undefined, data: JSON.stringify(event) }),
  );
  return Buffer.from(written.join(''));
}

const FRAMES: Readonly<Record<UpstreamFormat['name'], (events: readonly object[]) => Uint8Array>> = {
  'anthropic-messages': encodeAnthropicStream,
  'bedrock-converse': (events) => encodeConverseStream(events as readonly ConverseEvent[]),
  'openai-chat': (events) => encodeChatStream(events),
  'openai-responses': encodeResponsesStream,
  gemini: encodeGeminiStream,
};

/** The bytes of a stream of events, as a server of the format sends it. */
export function frameEvents(format: UpstreamFormat, events: readonly object[]): Uint8Array {
  return FRAMES[format.name](events);
}

/** Plays an upstream stream of the format to a Messages client, in pieces cut at `cuts` (byte offsets). */
export function playFixture(format: UpstreamFormat, upstream: Uint8Array, cuts: readonly number[] = []): PlayedStream {
  const isBinary = format.name === 'bedrock-converse';
  const parser = isBinary ? createEventStreamParser(readConverseMessage) : createSseParser();
  return playStream(parser, format.createStreamDecoder(FIXTURE_CONTEXT), upstream, cuts);
}
