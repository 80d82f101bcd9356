import type { JsonObject } from '../json-object.ts';
import { createFrameState, type DecoderStream, type FrameState } from '../stream-frame.ts';

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
export interface ResponsesStreamState extends FrameState {
  isRefusal: boolean;
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
}

export type ResponsesStream = DecoderStream<ResponsesStreamState>;

export function createResponsesStreamState(): ResponsesStreamState {
  return {
    ...createFrameState(),
    isRefusal: false,
    segments: [],
    delivered: {},
    itemIndexes: {},
    summaryIndexes: {},
    hasItems: false,
  };
}

/** An event, or an item, of the upstream. Servers differ in every field, so each stays unknown until it is used. */
export type Fields = JsonObject;
