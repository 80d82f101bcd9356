import { type AccumulatedMessage, accumulate, createAccumulatedMessage } from '../accumulate-message.ts';
import type { ApiError } from '../api-error.ts';
import type { CanonicalStreamEvent, CanonicalUsage } from '../canonical.ts';
import type { DecodeContext } from '../format.ts';
import type { JsonObject } from '../json-object.ts';
import { type Loss, type LossKind, recordLoss } from '../loss.ts';

/**
 * A part of an output item that becomes one content block. `text` is all that the upstream said of it so far, and
 * `written` how much of that the client has.
 */
export interface Segment {
  readonly type: 'text' | 'thinking' | 'tool';
  readonly outputIndex: number;
  /** Position within its item: a message may have several parts. */
  readonly partIndex: number;
  text: string;
  written: number;
  /** Index of the content block, once it is started. */
  index: number | null;
  /** The upstream said that nothing more comes. */
  isDone: boolean;
  /** Of a call. */
  callId: string | null;
  name: string | null;
  /** Of reasoning: what the client has to give back. */
  signature: string;
}

/** Everything that a stream of `response.*` events leaves behind from one event to the next. Plain data. */
export interface ResponsesStreamState {
  phase: 'waiting' | 'streaming' | 'complete' | 'failed';
  model: string | null;
  /** `completed`, or why the response is incomplete. */
  stopReason: string | null;
  isRefusal: boolean;
  usage: CanonicalUsage | null;
  outputCharacters: number;
  /** In order of delivery. Only the first may be open; the others wait until it is whole. */
  segments: Segment[];
  /** `outputIndex:partIndex` of the segments that were delivered, with the characters each had. */
  delivered: Record<string, number>;
  /** Output indexes by item id, for events that name only the item. */
  itemIndexes: Record<string, number>;
  /** Index of the summary that reasoning is in, by output index. */
  summaryIndexes: Record<number, number>;
  /** Some output item was streamed. */
  hasItems: boolean;
  nextIndex: number;
  callCount: number;
  toolUseIds: string[];
  losses: Loss[];
  failure: ApiError | null;
  accumulated: AccumulatedMessage;
}

export function createResponsesStreamState(): ResponsesStreamState {
  return {
    phase: 'waiting',
    model: null,
    stopReason: null,
    isRefusal: false,
    usage: null,
    outputCharacters: 0,
    segments: [],
    delivered: {},
    itemIndexes: {},
    summaryIndexes: {},
    hasItems: false,
    nextIndex: 0,
    callCount: 0,
    toolUseIds: [],
    losses: [],
    failure: null,
    accumulated: createAccumulatedMessage(),
  };
}

/** A state with what is needed to act on it. `events` collects the output of the current push. */
export interface ResponsesStream {
  readonly state: ResponsesStreamState;
  readonly context: DecodeContext;
  events: CanonicalStreamEvent[];
}

/** An event, or an item, of the upstream. Servers differ in every field, so each stays unknown until it is used. */
export type Fields = JsonObject;

export function emit(stream: ResponsesStream, event: CanonicalStreamEvent): void {
  stream.events.push(event);
  accumulate(stream.state.accumulated, event);
}

export function lose(stream: ResponsesStream, kind: LossKind, pointer: string, detail: string): void {
  recordLoss(stream.state.losses, { kind, pointer, format: 'openai-responses', detail });
}

/** Ends the stream with an error. What is open stays open: a closed block would look like a whole one. */
export function fail(stream: ResponsesStream, error: ApiError): void {
  stream.state.phase = 'failed';
  stream.state.failure = error;
  emit(stream, { type: 'error', error: { type: error.type, message: error.message } });
}
