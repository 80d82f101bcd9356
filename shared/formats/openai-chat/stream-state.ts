import { createFrameState, type DecoderStream, type FrameState } from '../stream-frame.ts';
import type { RepeatedChunk } from './repeated-chunk.ts';
import type { ThinkTagState } from './think-tags.ts';

/** Text or reasoning that is, or is going to be, one content block. `index` is null until the block is started. */
export interface TextSegment {
  readonly type: 'text' | 'thinking';
  index: number | null;
  pending: string;
}

export interface ToolSegment {
  readonly type: 'tool';
  /** The upstream's index of the call; negative for servers that send none. */
  readonly key: number;
  upstreamId: string | null;
  name: string | null;
  arguments: string;
  index: number | null;
  pending: string;
  /** The arguments opened an object, and are delivered as they come. */
  live: boolean;
}

export type Segment = TextSegment | ToolSegment;

/** Everything a Chat Completions stream leaves behind from one event to the next. Plain data. */
export interface ChatStreamState extends FrameState {
  stopSequence: string | null;
  isRefusal: boolean;
  /** Blocks in order of delivery. Only the first is open; the others wait until it is known to be whole. */
  segments: Segment[];
  /** Upstream indexes of tool calls already closed. */
  closedKeys: number[];
  callCount: number;
  /** Null where tags in the text are text. */
  thinkTags: ThinkTagState | null;
  /** What the last chunk that went on with a text may have in common with the next one. */
  repeated: RepeatedChunk | null;
  /** How often in a row that was found out and was of no use. */
  unrepeated: number;
}

export type ChatStream = DecoderStream<ChatStreamState>;

export function createChatStreamState(): ChatStreamState {
  return {
    ...createFrameState(),
    stopSequence: null,
    isRefusal: false,
    segments: [],
    closedKeys: [],
    callCount: 0,
    thinkTags: null,
    repeated: null,
    unrepeated: 0,
  };
}
