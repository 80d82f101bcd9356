import type { DecodeContext } from '../formats/format.ts';
import { createStreamDecoder } from '../formats/openai-chat/decode-stream.ts';
import { createSseParser, encodeSseEvent } from '../upstream/sse.ts';
import { type PlayedStream, playStream } from './play-stream.ts';

/** One chunk with a delta, and what else belongs on the choice. */
export function chatChunk(delta: object, choice: object = {}, chunk: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'upstream-model',
    choices: [{ index: 0, delta, ...choice }],
    ...chunk,
  };
}

/** The bytes of a stream of chunks, as a server sends it. */
export function encodeChatStream(chunks: readonly object[], options: { readonly isDone?: boolean } = {}): Buffer {
  const events = chunks.map((chunk) => encodeSseEvent({ data: JSON.stringify(chunk) }));
  if (options.isDone !== false) events.push(encodeSseEvent({ data: '[DONE]' }));
  return Buffer.from(events.join(''));
}

/** Plays an upstream stream through parser, decoder and client encoding, in pieces cut at `cuts` (byte offsets). */
export function playChatStream(
  upstream: Uint8Array,
  context: DecodeContext,
  cuts: readonly number[] = [],
): PlayedStream {
  return playStream(createSseParser(), createStreamDecoder(context), upstream, cuts);
}
