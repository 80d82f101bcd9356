import { type AccumulatedMessage, accumulate, createAccumulatedMessage } from './accumulate-message.ts';
import { type ApiError, brokenUpstream } from './api-error.ts';
import type { CanonicalContentBlock, CanonicalStreamEvent, CanonicalUsage } from './canonical.ts';
import type { DecodeContext, DecodedResponse } from './format.ts';
import { type Loss, type LossKind, recordLoss } from './loss.ts';
import { createMessageId } from './tool-id.ts';

/** What a stream of any format leaves behind from one event to the next. Plain data; each format adds its own. */
export interface FrameState {
  phase: 'waiting' | 'streaming' | 'complete' | 'failed';
  model: string | null;
  /** Why the upstream says it stopped, in its own word. */
  upstreamStopReason: string | null;
  usage: CanonicalUsage | null;
  outputCharacters: number;
  /** Index of the block that starts next. */
  nextIndex: number;
  toolUseIds: string[];
  losses: Loss[];
  failure: ApiError | null;
  accumulated: AccumulatedMessage;
}

export function createFrameState(): FrameState {
  return {
    phase: 'waiting',
    model: null,
    upstreamStopReason: null,
    usage: null,
    outputCharacters: 0,
    nextIndex: 0,
    toolUseIds: [],
    losses: [],
    failure: null,
    accumulated: createAccumulatedMessage(),
  };
}

/** A state with what is needed to act on it. `events` collects the output of the current push. */
export interface DecoderStream<State extends FrameState = FrameState> {
  /** Names the wire in losses. */
  readonly format: string;
  readonly state: State;
  readonly context: DecodeContext;
  /** The state's own, at hand without a look into the format's part of it. */
  readonly accumulated: AccumulatedMessage;
  events: CanonicalStreamEvent[];
}

export function openStream<State extends FrameState>(
  format: string,
  state: State,
  context: DecodeContext,
): DecoderStream<State> {
  return { format, state, context, accumulated: state.accumulated, events: [] };
}

export function emit(stream: DecoderStream, event: CanonicalStreamEvent): void {
  // Nearly always the only one, and a list that grows is given room for sixteen more.
  if (stream.events.length === 0) stream.events = [event];
  else stream.events.push(event);
  accumulate(stream.accumulated, event);
}

export function lose(stream: DecoderStream, kind: LossKind, pointer: string, detail: string): void {
  recordLoss(stream.state.losses, { kind, pointer, format: stream.format, detail });
}

/** Ends the stream with an error. What is open stays open: a closed block would look like a whole one. */
export function fail(stream: DecoderStream, error: ApiError): void {
  stream.state.phase = 'failed';
  stream.state.failure = error;
  emit(stream, { type: 'error', error: { type: error.type, message: error.message } });
}

/** Starts the message, once, when the first content or the end shows that there is one. */
export function startMessage(stream: DecoderStream): void {
  const { state, context } = stream;
  if (state.phase !== 'waiting') return;
  state.phase = 'streaming';
  emit(stream, {
    type: 'message_start',
    message: {
      id: createMessageId(context.callId),
      type: 'message',
      role: 'assistant',
      model: state.model ?? context.targetModel,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: state.usage?.input_tokens ?? context.inputTokensEstimate ?? 0,
        cache_creation_input_tokens: state.usage?.cache_creation_input_tokens ?? 0,
        cache_read_input_tokens: state.usage?.cache_read_input_tokens ?? 0,
        output_tokens: 0,
      },
    },
  });
}

/** Starts the next block, and returns its index. */
export function startBlock(stream: DecoderStream, block: CanonicalContentBlock): number {
  const index = stream.state.nextIndex;
  emit(stream, { type: 'content_block_start', index, content_block: block });
  stream.state.nextIndex = index + 1;
  return index;
}

/** What a whole answer, played through the frame, came to. */
export function deliveredResponse(stream: DecoderStream): DecodedResponse {
  const { state } = stream;
  const { message } = state.accumulated;
  if (state.failure !== null || message === null) {
    return { type: 'failed', error: state.failure ?? brokenUpstream('The upstream answer is empty.') };
  }
  return { type: 'decoded', message, losses: state.losses, upstreamStopReason: state.upstreamStopReason };
}
