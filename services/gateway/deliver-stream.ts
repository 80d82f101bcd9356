import type { ApiError } from '#shared/formats/api-error.ts';
import type { CanonicalStreamEvent } from '#shared/formats/canonical.ts';
import type { ClientStreamEncoder, StreamDecoder } from '#shared/formats/format.ts';
import { breakOf } from '#shared/upstream/read-body.ts';
import { encodeSseEvent, type SseEvent } from '#shared/upstream/sse.ts';
import { createStreamParser, isEventStream, type StreamParser } from '#shared/upstream/stream-parser.ts';
import type { UpstreamBody } from '#shared/upstream/upstream-body.ts';
import { answerContext } from './answer-context.ts';
import type { ClientStream } from './client-stream.ts';
import { type CompleteEvents, createCompleteEvents } from './complete-events.ts';
import type { DeliverInput } from './deliver-message.ts';
import type { Delivery } from './delivery.ts';
import type { EncodedCall } from './encode-call.ts';
import { hideUsage } from './hide-usage.ts';
import { RawReplyBuffer } from './raw-reply.ts';

interface Streaming {
  readonly input: DeliverInput;
  readonly decoder: StreamDecoder;
  readonly encoder: ClientStreamEncoder;
  readonly parser: StreamParser;
  /** Set when bytes go through as they are. */
  readonly forwarded: CompleteEvents | null;
  /** The upstream's framing is binary: what is forwarded and kept are the events inside of it. */
  readonly isBinary: boolean;
  readonly raw: RawReplyBuffer;
  /** An event outgrew the limit; what follows it is not read. */
  isOversized: boolean;
}

/**
 * Delivers a streamed answer: one write per upstream read. An upstream that breaks off ends in an `error` event, because
 * clients take a clean finish for the whole answer.
 */
export async function deliverStream(
  input: DeliverInput,
  stream: ClientStream,
  headers: Readonly<Record<string, string>>,
): Promise<Delivery> {
  const streaming = startStreaming(input);
  const { decoder, encoder, raw } = streaming;
  let timeToFirstChunkMs: number | null = null;
  let broken: unknown = null;
  stream.open(headers);
  try {
    await input.body.read({
      take(bytes) {
        const piece = translate(streaming, bytes);
        if (piece.length === 0) return undefined;
        timeToFirstChunkMs ??= input.elapsedMs();
        return stream.write(piece);
      },
      isOver: () => isOver(streaming),
    });
  } catch (error) {
    broken = error ?? new Error('cut');
  }
  const outcome = outcomeOf(streaming, broken);
  const ending = outcome === 'cancelled' ? '' : finish(streaming, outcome);
  if (ending !== '') await stream.write(ending);
  stream.end();
  letGo(input.body, decoder.isComplete());
  return {
    status: statusOf(decoder, outcome),
    message: decoder.message(),
    upstreamStopReason: decoder.upstreamStopReason(),
    error: decoder.failure(),
    outcome: decoder.isComplete() ? 'ok' : outcome,
    timeToFirstChunkMs,
    losses: [...decoder.losses(), ...encoder.losses()],
    upstreamRaw: raw.kept(),
    isTruncated: raw.isTruncated,
  };
}

function startStreaming(input: DeliverInput): Streaming {
  const { call, encoded, contentType, context } = input;
  const { format, model } = encoded.served;
  const { nowSeconds, inputTokensEstimate } = context;
  const parser = createStreamParser(contentType, format.name, {
    nowSeconds,
    ...(inputTokensEstimate === undefined ? {} : { inputTokensEstimate }),
    ...(model.contextTokens === undefined ? {} : { contextTokens: model.contextTokens }),
  });
  return {
    input,
    decoder: format.createStreamDecoder(context),
    encoder: call.incoming.clientFormat.createStreamEncoder(answerContext(call)),
    parser,
    forwarded: encoded.isForwarded ? forwardedEvents(encoded) : null,
    isBinary: isEventStream(contentType),
    raw: new RawReplyBuffer(),
    isOversized: false,
  };
}

function forwardedEvents({ hidesUsage }: EncodedCall): CompleteEvents {
  const events = createCompleteEvents();
  return hidesUsage === true ? hideUsage(events) : events;
}

/** Whether nothing more can come of the upstream, whatever it still sends. */
function isOver({ decoder, parser, isOversized, input }: Streaming): boolean {
  const canGoOn = parser.failure === null && decoder.failure() === null && !isOversized;
  return decoder.isComplete() || !canGoOn || input.connection.gone.aborted;
}

const NO_EVENTS: readonly SseEvent[] = [];

/** What the client gets for these bytes. */
function translate(streaming: Streaming, bytes: Buffer): Buffer | string {
  const { decoder, parser, forwarded, raw } = streaming;
  const unparsed = parser.isBetweenEvents ? (decoder.pushUnparsed?.(bytes) ?? null) : null;
  if (unparsed !== null && forwarded === null) {
    raw.push(bytes);
    return encodeAll(streaming, unparsed);
  }
  const events = unparsed === null ? parser.push(bytes) : NO_EVENTS;
  const readable = streaming.isBinary ? Buffer.from(events.map(encodeSseEvent).join('')) : bytes;
  raw.push(readable);
  streaming.isOversized = parser.failure === 'event_too_large' || parser.failure === 'message_too_large';
  if (forwarded === null) return translateAll(streaming, events);
  const wasFine = decoder.failure() === null;
  // Only a decoder whose events are the client's can tell again what came before an end.
  const isTold = decoder.takeRewritten !== undefined;
  const canonical: CanonicalStreamEvent[] = unparsed ?? [];
  let isFollowed = false;
  for (const event of events) {
    isFollowed ||= isTold && decoder.isComplete();
    if (!isFollowed) canonical.push(...decoder.push(event));
  }
  const whole = forwarded.push(readable);
  streaming.isOversized ||= whole === null;
  // What not every client understands was put right, and is sent in place of the bytes.
  if (decoder.takeRewritten?.() === true && whole !== null) return encodeAll(streaming, canonical);
  // What comes after the end of an answer would be there or not, by how the upstream's bytes were cut on their way.
  if (isFollowed && whole !== null) return encodeAll(streaming, canonical);
  // An error of the upstream's own is among its bytes; one that the decoder found is not, and takes their place.
  const isOurs = wasFine && decoder.failure() !== null && !events.some(({ event }) => event === 'error');
  if (!isOurs && whole !== null) return decoder.isComplete() ? withLineFeed(whole) : whole;
  return encodeAll(streaming, isTold ? canonical : canonical.filter(({ type }) => type === 'error'));
}

/** An answer is over with the CR of its last CRLF, and what comes after it is never read. */
function withLineFeed(whole: Buffer): Buffer {
  return whole.subarray(-2).toString('latin1') === '\n\r' ? Buffer.concat([whole, Buffer.from('\n')]) : whole;
}

function translateAll({ decoder, encoder }: Streaming, events: readonly SseEvent[]): string {
  let text = '';
  for (const event of events) for (const canonical of decoder.push(event)) text += encoder.encode(canonical);
  return text;
}

function decodeAll(decoder: StreamDecoder, events: readonly SseEvent[]): CanonicalStreamEvent[] {
  return events.flatMap((event) => decoder.push(event));
}

function encodeAll({ encoder }: Streaming, events: readonly CanonicalStreamEvent[]): string {
  let text = '';
  for (const event of events) text += encoder.encode(event);
  return text;
}

/** The closing events, once the upstream has nothing more to say. */
function finish(streaming: Streaming, outcome: Delivery['outcome']): string {
  const { decoder, parser, forwarded, isOversized } = streaming;
  if (decoder.isComplete() || decoder.failure() !== null) return '';
  const last = decodeAll(decoder, parser.end());
  const rest = forwarded !== null && decoder.isComplete() ? forwarded.rest().toString('utf8') : null;
  // A last event without its blank line is whole for the parser, and has to be for the client.
  if (rest !== null) return decoder.takeRewritten?.() === true ? encodeAll(streaming, last) : `${rest.trimEnd()}\n\n`;
  const closing = [...last, ...decoder.end()].map((event) =>
    event.type === 'error' ? describeBreak(event, outcome, isOversized, parser.failure) : event,
  );
  // Of a forwarded stream the client has every whole event, and must not get a broken one.
  return encodeAll(streaming, forwarded === null ? closing : closing.filter(({ type }) => type === 'error'));
}

function describeBreak(
  event: Extract<CanonicalStreamEvent, { type: 'error' }>,
  outcome: Delivery['outcome'],
  isOversized: boolean,
  failure: StreamParser['failure'],
): CanonicalStreamEvent {
  const because = (message: string): CanonicalStreamEvent => ({ ...event, error: { ...event.error, message } });
  if (outcome === 'idle_timeout') return because('The upstream went silent in the middle of its answer.');
  if (outcome === 'total_timeout') return because('The upstream did not come to the end of its answer in time.');
  if (isOversized) return because('The upstream sent an event that is too large.');
  return failure === 'corrupt' ? because('The upstream sent a message whose checksum is wrong.') : event;
}

function outcomeOf({ input, decoder }: Streaming, broken: unknown): Delivery['outcome'] {
  if (decoder.isComplete()) return 'ok';
  if (input.connection.gone.aborted) return 'cancelled';
  if (broken !== null) return breakOf(broken);
  return decoder.failure() !== null ? 'ok' : 'cut';
}

function statusOf(decoder: StreamDecoder, outcome: Delivery['outcome']): Delivery['status'] {
  if (decoder.isComplete()) return 'ok';
  if (outcome === 'cancelled') return 'client_cancelled';
  return decoder.message() === null ? 'upstream_error' : 'incomplete';
}

/** A complete answer is read out, so that its connection can serve the next call; any other one is cancelled. */
function letGo(body: UpstreamBody, isComplete: boolean): void {
  if (isComplete) body.discard();
  else body.destroy();
}

/** What a client is told of a stream that failed before it began. */
export function streamError({ type, message }: ApiError): CanonicalStreamEvent {
  return { type: 'error', error: { type, message } };
}
