import type { AccumulatedMessage } from '../accumulate-message.ts';
import { accumulate, createAccumulatedMessage } from '../accumulate-message.ts';
import type { ApiError } from '../api-error.ts';
import type { CanonicalStreamEvent, CanonicalUsage } from '../canonical.ts';
import type { DecodeContext } from '../format.ts';
import { type Loss, type LossKind, recordLoss } from '../loss.ts';
import type { PartialArguments } from './partial-arguments.ts';

/** Text waits while it is blank: blank text between blocks is no block. */
export interface OpenText {
  readonly type: 'text';
  index: number | null;
  pending: string;
}

export interface OpenThinking {
  readonly type: 'thinking';
  readonly index: number;
  /** Tagged, as the client gets it when the block ends. */
  signature: string | null;
}

export interface OpenTool {
  readonly type: 'tool';
  readonly index: number;
  readonly upstreamName: string | null;
  readonly name: string;
  readonly arguments: PartialArguments;
  /** More arguments are to come. */
  continues: boolean;
  isEmpty: boolean;
}

/** Everything a Gemini stream leaves behind from one chunk to the next. Plain data. */
export interface GeminiStreamState {
  phase: 'waiting' | 'streaming' | 'complete' | 'failed';
  model: string | null;
  finishReason: string | null;
  /** The prompt was refused: its reason is a refusal whatever its name. */
  isBlocked: boolean;
  /** What the upstream says about its refusal. */
  refusalText: string | null;
  usage: CanonicalUsage | null;
  outputCharacters: number;
  open: OpenText | OpenThinking | OpenTool | null;
  nextIndex: number;
  toolUseIds: string[];
  losses: Loss[];
  failure: ApiError | null;
  accumulated: AccumulatedMessage;
}

export function createGeminiStreamState(): GeminiStreamState {
  return {
    phase: 'waiting',
    model: null,
    finishReason: null,
    isBlocked: false,
    refusalText: null,
    usage: null,
    outputCharacters: 0,
    open: null,
    nextIndex: 0,
    toolUseIds: [],
    losses: [],
    failure: null,
    accumulated: createAccumulatedMessage(),
  };
}

/** A state with what is needed to act on it. `events` collects the output of the current push. */
export interface GeminiStream {
  readonly state: GeminiStreamState;
  readonly context: DecodeContext;
  events: CanonicalStreamEvent[];
}

export function emit(stream: GeminiStream, event: CanonicalStreamEvent): void {
  stream.events.push(event);
  accumulate(stream.state.accumulated, event);
}

export function lose(stream: GeminiStream, kind: LossKind, pointer: string, detail: string): void {
  recordLoss(stream.state.losses, { kind, pointer, format: 'gemini', detail });
}

/** Ends the stream with an error. What is open stays open: a closed block would look like a whole one. */
export function fail(stream: GeminiStream, error: ApiError): void {
  stream.state.phase = 'failed';
  stream.state.failure = error;
  emit(stream, { type: 'error', error: { type: error.type, message: error.message } });
}
