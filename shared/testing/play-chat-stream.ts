import { encodeStreamEvent } from '../formats/anthropic-messages/encode-stream-event.ts';
import type { CanonicalBody } from '../formats/canonical.ts';
import type { DecodeContext, StreamDecoder } from '../formats/format.ts';
import { createStreamDecoder } from '../formats/openai-chat/decode-stream.ts';
import { createSseParser, encodeSseEvent } from '../upstream/sse.ts';

const NOW_SECONDS = 1_790_000_000;

/** A context for decoding an answer to `request`, or to a one-line question. */
export function createDecodeContext(request: Partial<CanonicalBody> = {}): DecodeContext {
  return {
    callId: '01890a5d-ac96-774b-bcce-b302099a8057',
    nowSeconds: NOW_SECONDS,
    targetModel: 'target-model',
    request: { model: 'claude-test', messages: [{ role: 'user', content: 'question' }], max_tokens: 100, ...request },
  };
}

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

export interface PlayedStream {
  /** What a Messages client receives. */
  readonly bytes: Buffer;
  readonly decoder: StreamDecoder;
}

/** Plays an upstream stream through parser, decoder and client encoding, in pieces cut at `cuts` (byte offsets). */
export function playChatStream(
  upstream: Uint8Array,
  context: DecodeContext,
  cuts: readonly number[] = [],
): PlayedStream {
  const parser = createSseParser();
  const decoder = createStreamDecoder(context);
  const offsets = [0, ...[...cuts].sort((one, other) => one - other), upstream.length];
  const written: string[] = [];
  for (const [index, end] of offsets.entries()) {
    if (index === 0) continue;
    for (const event of parser.push(upstream.subarray(offsets[index - 1], end))) {
      written.push(...decoder.push(event).map(encodeStreamEvent));
    }
  }
  for (const event of parser.end()) written.push(...decoder.push(event).map(encodeStreamEvent));
  written.push(...decoder.end().map(encodeStreamEvent));
  return { bytes: Buffer.from(written.join('')), decoder };
}
