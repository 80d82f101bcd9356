import type { DecodeContext } from '../formats/format.ts';
import { createStreamDecoder } from '../formats/gemini/decode-stream.ts';
import { createSseParser, encodeSseEvent } from '../upstream/sse.ts';
import { type PlayedStream, playStream } from './play-stream.ts';

/** One response with these parts, and what else belongs on the candidate and the response. */
export function geminiChunk(parts: readonly object[], candidate: object = {}, chunk: object = {}): object {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...candidate }],
    modelVersion: 'upstream-model',
    responseId: 'response-1',
    ...chunk,
  };
}

/** The bytes of a stream of responses, as Gemini sends it: there is no end mark. */
export function encodeGeminiStream(chunks: readonly unknown[]): Buffer {
  return Buffer.from(chunks.map((chunk) => encodeSseEvent({ data: JSON.stringify(chunk) })).join(''));
}

/** Plays an upstream stream through parser, decoder and client encoding, in pieces cut at `cuts` (byte offsets). */
export function playGeminiStream(
  upstream: Uint8Array,
  context: DecodeContext,
  cuts: readonly number[] = [],
): PlayedStream {
  return playStream(createSseParser(), createStreamDecoder(context), upstream, cuts);
}
