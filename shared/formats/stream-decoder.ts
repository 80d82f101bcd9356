import type { SseEvent } from '../upstream/sse.ts';
import { brokenUpstream } from './api-error.ts';
import type { DecodeContext, StreamDecoder } from './format.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { type DecoderStream, type FrameState, fail, lose, openStream } from './stream-frame.ts';

/** An error inside an answer that carries no status of its own is the upstream's. */
export const IN_STREAM_ERROR_STATUS = 500;

const END_MARK = '[DONE]';

/** What differs between the streams of two formats. */
export interface StreamHandlers<State extends FrameState> {
  readonly format: string;
  readonly createState: () => State;
  /** Reads one event's payload, which was parsed of `data`; `name` is the event's, where the wire has names. */
  readonly read: (stream: DecoderStream<State>, payload: JsonObject, name: string | undefined, data: string) => void;
  /** Reads an event without a name from its text, where the events before it tell what is in it; true when it did. */
  readonly readUnparsed?: (stream: DecoderStream<State>, data: string) => boolean;
  /** The same for the bytes of one whole event as they came, for one stream; false for all that has to be parsed. */
  readonly createBytesReader?: () => (stream: DecoderStream<State>, bytes: Buffer) => boolean;
  /** The end mark of Chat Completions; formats that say otherwise that they are complete leave it out. */
  readonly readEndMark?: (stream: DecoderStream<State>) => void;
  /** Takes an event that is no JSON payload; true when it did. */
  readonly intercept?: (stream: DecoderStream<State>, event: SseEvent) => boolean;
  /** Tells whether events were put right since the last question, and forgets it. */
  readonly takeRewritten?: (state: State) => boolean;
  /** The upstream closed while the answer was under way. */
  readonly close: (stream: DecoderStream<State>) => void;
}

/** The payload in an event's data, or null when it is no JSON object. Google's servers wrap errors in a list. */
function parsePayload(data: string): JsonObject | null {
  try {
    const parsed: unknown = JSON.parse(data);
    const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * The payload of an event that lacks no more than its last bracket, as some servers send it. What is further from whole
 * was cut off, and is not guessed.
 */
function repairPayload(stream: DecoderStream, data: string): JsonObject | null {
  const payload = data.endsWith('}') || data.endsWith(']') ? parsePayload(`${data}}`) : null;
  if (payload !== null) lose(stream, 'repaired', '', 'stream event without its last bracket');
  return payload;
}

function pushEvent<State extends FrameState>(
  handlers: StreamHandlers<State>,
  stream: DecoderStream<State>,
  event: SseEvent,
): void {
  if (handlers.intercept?.(stream, event) === true) return;
  const data = event.data.trim();
  if (data === '') return;
  if (data === END_MARK) {
    handlers.readEndMark?.(stream);
    return;
  }
  if (event.event === undefined && handlers.readUnparsed?.(stream, data) === true) return;
  const payload = parsePayload(data) ?? repairPayload(stream, data);
  if (payload === null) fail(stream, brokenUpstream('The upstream sent stream data that is not JSON.'));
  else handlers.read(stream, payload, event.event, data);
}

/** The stream decoder of a format from its handlers; pass `state` to go on where another decoder stopped. */
export function defineStreamDecoder<State extends FrameState>(
  handlers: StreamHandlers<State>,
): (context: DecodeContext, state?: State) => StreamDecoder {
  const { takeRewritten } = handlers;
  return (context, state = handlers.createState()) => {
    const stream = openStream(handlers.format, state, context);
    const isOver = () => state.phase === 'complete' || state.phase === 'failed';
    const readBytes = handlers.createBytesReader?.();
    const take = () => {
      const { events } = stream;
      stream.events = [];
      return events;
    };
    return {
      push(event) {
        if (!isOver()) pushEvent(handlers, stream, event);
        return take();
      },
      ...(readBytes === undefined
        ? {}
        : { pushUnparsed: (bytes: Buffer) => (!isOver() && readBytes(stream, bytes) ? take() : null) }),
      end() {
        if (!isOver()) handlers.close(stream);
        return take();
      },
      message: () => state.accumulated.message,
      isComplete: () => state.phase === 'complete',
      failure: () => state.failure,
      losses: () => state.losses,
      upstreamStopReason: () => state.upstreamStopReason,
      ...(takeRewritten === undefined ? {} : { takeRewritten: () => takeRewritten(state) }),
      state,
    };
  };
}

/** For a stream that says itself when it is complete, and then is over before it closes. */
export function failUnfinished(stream: DecoderStream): void {
  fail(stream, brokenUpstream('The upstream stream ended before the answer was complete.'));
}
