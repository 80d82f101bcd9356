import { encodeStreamEvent } from '../formats/anthropic-messages/encode-stream-event.ts';
import type { CanonicalBody } from '../formats/canonical.ts';
import type { DecodeContext, StreamDecoder } from '../formats/format.ts';
import type { SseEvent } from '../upstream/sse.ts';

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

export interface PlayedStream<Parser = unknown> {
  /** What a Messages client receives. */
  readonly bytes: Buffer;
  readonly decoder: StreamDecoder;
  readonly parser: Parser;
}

interface Parser {
  push(bytes: Uint8Array): SseEvent[];
  end(): SseEvent[];
}

/** Plays an upstream stream through parser, decoder and client encoding, in pieces cut at `cuts` (byte offsets). */
export function playStream<Used extends Parser>(
  parser: Used,
  decoder: StreamDecoder,
  upstream: Uint8Array,
  cuts: readonly number[] = [],
): PlayedStream<Used> {
  const offsets = [0, ...[...cuts].sort((one, other) => one - other), upstream.length];
  const written: string[] = [];
  const deliver = (events: readonly SseEvent[]) => {
    for (const event of events) written.push(...decoder.push(event).map(encodeStreamEvent));
  };
  for (const [index, end] of offsets.slice(1).entries()) deliver(parser.push(upstream.subarray(offsets[index], end)));
  deliver(parser.end());
  written.push(...decoder.end().map(encodeStreamEvent));
  return { bytes: Buffer.from(written.join('')), decoder, parser };
}
