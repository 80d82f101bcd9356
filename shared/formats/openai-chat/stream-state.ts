import type { AccumulatedMessage } from '../accumulate-message.ts';
import { accumulate, createAccumulatedMessage } from '../accumulate-message.ts';
import type { ApiError } from '../api-error.ts';
import type { CanonicalStreamEvent, CanonicalUsage } from '../canonical.ts';
import type { DecodeContext } from '../format.ts';
import { type Loss, type LossKind, recordLoss } from '../loss.ts';

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
  /** Position among the calls of this answer. */
  readonly callNumber: number;
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
export interface ChatStreamState {
  phase: 'waiting' | 'streaming' | 'complete' | 'failed';
  model: string | null;
  finishReason: string | null;
  stopSequence: string | null;
  isRefusal: boolean;
  usage: CanonicalUsage | null;
  outputCharacters: number;
  /** Blocks in order of delivery. Only the first is open; the others wait until it is known to be whole. */
  segments: Segment[];
  /** Upstream indexes of tool calls already closed. */
  closedKeys: number[];
  nextIndex: number;
  callCount: number;
  toolUseIds: string[];
  losses: Loss[];
  failure: ApiError | null;
  accumulated: AccumulatedMessage;
}

export function createChatStreamState(): ChatStreamState {
  return {
    phase: 'waiting',
    model: null,
    finishReason: null,
    stopSequence: null,
    isRefusal: false,
    usage: null,
    outputCharacters: 0,
    segments: [],
    closedKeys: [],
    nextIndex: 0,
    callCount: 0,
    toolUseIds: [],
    losses: [],
    failure: null,
    accumulated: createAccumulatedMessage(),
  };
}

/** A state with what is needed to act on it. `events` collects the output of the current push. */
export interface ChatStream {
  readonly state: ChatStreamState;
  readonly context: DecodeContext;
  events: CanonicalStreamEvent[];
}

export function emit(stream: ChatStream, event: CanonicalStreamEvent): void {
  stream.events.push(event);
  accumulate(stream.state.accumulated, event);
}

export function lose(stream: ChatStream, kind: LossKind, pointer: string, detail: string): void {
  recordLoss(stream.state.losses, { kind, pointer, format: 'openai-chat', detail });
}

/** Ends the stream with an error. What is open stays open: a closed block would look like a whole one. */
export function fail(stream: ChatStream, error: ApiError): void {
  stream.state.phase = 'failed';
  stream.state.failure = error;
  emit(stream, { type: 'error', error: { type: error.type, message: error.message } });
}
