import { createFrameState, type DecoderStream, type FrameState } from '../stream-frame.ts';

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
export interface ConverseStreamState extends FrameState {
  stopSequence: string | null;
  /** Blocks in order of delivery. Only the first is open; the others wait until it is known to be whole. */
  segments: Segment[];
}

export type ConverseStream = DecoderStream<ConverseStreamState>;

export function createConverseStreamState(): ConverseStreamState {
  return { ...createFrameState(), stopSequence: null, segments: [] };
}
