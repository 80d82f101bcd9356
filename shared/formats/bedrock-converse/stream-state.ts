import { type AccumulatedMessage, accumulate, createAccumulatedMessage } from '../accumulate-message.ts';
import type { ApiError } from '../api-error.ts';
import type { CanonicalStreamEvent, CanonicalUsage } from '../canonical.ts';
import type { DecodeContext } from '../format.ts';
import { type Loss, type LossKind, recordLoss } from '../loss.ts';

interface SegmentPosition {
  /** The upstream's index of the block. */
  readonly key: number;
  /** The client's index; null until the block is started. */
  index: number | null;
  /** The upstream said that the block is finished. */
  isStopped: boolean;
}

export interface TextSegment extends SegmentPosition {
  readonly type: 'text';
  pending: string;
}

export interface ThinkingSegment extends SegmentPosition {
  readonly type: 'thinking';
  pending: string;
  /** Collected whole: a second signature delta would replace the first in every client. */
  signature: string;
}

export interface RedactedSegment extends SegmentPosition {
  readonly type: 'redacted_thinking';
  readonly blobs: string[];
}

export interface ToolSegment extends SegmentPosition {
  readonly type: 'tool';
  /** Position among the calls of this answer. */
  readonly callNumber: number;
  upstreamId: string | null;
  name: string | null;
  arguments: string;
  pending: string;
  /** The arguments opened an object, and are delivered as they come. */
  isLive: boolean;
}

/** What is, or is going to be, one content block. */
export type Segment = TextSegment | ThinkingSegment | RedactedSegment | ToolSegment;

/** Everything a Converse stream leaves behind from one event to the next. Plain data. */
export interface ConverseStreamState {
  phase: 'waiting' | 'streaming' | 'complete' | 'failed';
  stopReason: string | null;
  stopSequence: string | null;
  usage: CanonicalUsage | null;
  outputCharacters: number;
  /** Blocks in order of delivery. Only the first is open; the others wait until it is known to be whole. */
  segments: Segment[];
  nextIndex: number;
  callCount: number;
  toolUseIds: string[];
  losses: Loss[];
  failure: ApiError | null;
  accumulated: AccumulatedMessage;
}

export function createConverseStreamState(): ConverseStreamState {
  return {
    phase: 'waiting',
    stopReason: null,
    stopSequence: null,
    usage: null,
    outputCharacters: 0,
    segments: [],
    nextIndex: 0,
    callCount: 0,
    toolUseIds: [],
    losses: [],
    failure: null,
    accumulated: createAccumulatedMessage(),
  };
}

/** A state with what is needed to act on it. `events` collects the output of the current push. */
export interface ConverseStream {
  readonly state: ConverseStreamState;
  readonly context: DecodeContext;
  events: CanonicalStreamEvent[];
}

export function emit(stream: ConverseStream, event: CanonicalStreamEvent): void {
  stream.events.push(event);
  accumulate(stream.state.accumulated, event);
}

export function lose(stream: ConverseStream, kind: LossKind, pointer: string, detail: string): void {
  recordLoss(stream.state.losses, { kind, pointer, format: 'bedrock-converse', detail });
}

/** Ends the stream with an error. What is open stays open: a closed block would look like a whole one. */
export function fail(stream: ConverseStream, error: ApiError): void {
  stream.state.phase = 'failed';
  stream.state.failure = error;
  emit(stream, { type: 'error', error: { type: error.type, message: error.message } });
}
