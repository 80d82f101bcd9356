import { encodeStreamEvent } from '../formats/anthropic-messages/encode-stream-event.ts';
import type { CanonicalStreamEvent } from '../formats/canonical.ts';
import type { StreamDecoder } from '../formats/format.ts';
import { REPLY_DECODERS } from '../formats/replies/reply-decoders.ts';
import type { ReplyShape } from '../formats/replies/reply-shape.ts';
import { createStreamParser } from '../upstream/stream-parser.ts';
import { createDecodeContext } from './play-stream.ts';

export interface PlayedReply {
  readonly decoder: StreamDecoder;
  readonly events: readonly CanonicalStreamEvent[];
  /** What a Messages client receives. */
  readonly text: string;
}

const CONTEXT = createDecodeContext();

/** Bytes in pieces that end at these offsets. */
export function cutBytes(bytes: Uint8Array, offsets: readonly number[]): readonly Uint8Array[] {
  const bounds = [0, ...[...offsets].sort((one, other) => one - other), bytes.length];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}

/** Bytes one by one, so that every place at which they can be cut is one. */
export function singleBytes(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}

/** Plays the bytes of any known wire through parser, decoder and client encoding. */
export function playReply(shape: ReplyShape, pieces: readonly Uint8Array[]): PlayedReply {
  const isFramed = shape === 'bedrock-converse';
  const contentType = isFramed ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
  const parser = createStreamParser(contentType, 'bedrock-converse', { nowSeconds: CONTEXT.nowSeconds });
  const decoder = REPLY_DECODERS[shape].createStreamDecoder(CONTEXT);
  const events: CanonicalStreamEvent[] = [];
  for (const piece of pieces) for (const event of parser.push(piece)) events.push(...decoder.push(event));
  for (const event of parser.end()) events.push(...decoder.push(event));
  events.push(...decoder.end());
  return { decoder, events, text: events.map(encodeStreamEvent).join('') };
}
