import { lookUp } from '../../look-up.ts';
import { brokenUpstream } from '../api-error.ts';
import { blockEvents } from '../block-events.ts';
import type { CanonicalContentBlock, CanonicalMessage, CanonicalStreamEvent } from '../canonical.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { failUnfinished } from '../stream-decoder.ts';
import { type DecoderStream, emit, type FrameState, fail, lose } from '../stream-frame.ts';
import { claimToolUseId, noteEmptyInput } from '../tool-use-block.ts';
import { apiErrorFromAnthropicError } from './decode-error.ts';
import { CONTRADICTED_STOP, repairStopReason } from './repair-stop-reason.ts';

/** What an Anthropic stream leaves behind beside the message that it builds. */
export interface AnthropicStreamState extends FrameState {
  /** Blocks that came inside of `message_start`, in front of those that are streamed. */
  blocksAtStart: number;
  /** Why the message ended, where its start said so already and nothing said it again. */
  endAtStart: Pick<CanonicalMessage, 'stop_reason' | 'stop_sequence'> | null;
  /** An event was handed on otherwise than it came. */
  isRewritten: boolean;
}

/** What stands for an answer that says nothing. */
export const EMPTY_TEXT = { type: 'text', text: '' } as const;

type AnthropicStream = DecoderStream<AnthropicStreamState>;
type EventOf<Type extends CanonicalStreamEvent['type']> = Extract<CanonicalStreamEvent, { type: Type }>;

/**
 * Starts the message. After a call of Anthropic's own tools it can hold whole blocks, and its end: no client of another
 * format would look for them there, so they are streamed.
 */
function startMessage(stream: AnthropicStream, event: EventOf<'message_start'>): void {
  const { state } = stream;
  if (state.phase === 'streaming') {
    lose(stream, 'repaired', '', 'second message_start left out');
    return;
  }
  state.phase = 'streaming';
  const { message } = event;
  const { content, stop_reason, stop_sequence } = message;
  if (content.length === 0 && (stop_reason ?? null) === null) {
    emit(stream, event);
    return;
  }
  emit(stream, { type: 'message_start', message: { ...message, content: [], stop_reason: null, stop_sequence: null } });
  for (const [index, block] of content.entries()) for (const made of blockEvents(block, index)) emit(stream, made);
  state.blocksAtStart = content.length;
  state.endAtStart = stop_reason === null ? null : { stop_reason, stop_sequence: stop_sequence ?? null };
}

function hasInput(block: CanonicalContentBlock | undefined): block is CanonicalContentBlock & { input: unknown } {
  return block?.type === 'tool_use';
}

/** A call under an id of its own; servers that only imitate the API leave it out, or repeat one. */
export function withOwnId(stream: DecoderStream, block: CanonicalContentBlock, index: number): CanonicalContentBlock {
  if (block.type !== 'tool_use') return block;
  stream.state.nextIndex = index;
  const given: unknown = block.id;
  const id = claimToolUseId(stream, { id: typeof given === 'string' && given !== '' ? given : null });
  return id === given ? block : { ...block, id };
}

/** Some calls come with their arguments at once; clients collect them from deltas only. */
function startBlock(stream: AnthropicStream, given: EventOf<'content_block_start'>): void {
  const { index } = given;
  const block = withOwnId(stream, given.content_block, index);
  const event = block === given.content_block ? given : { ...given, content_block: block };
  const isFilled = hasInput(block) && isJsonObject(block.input) && Object.keys(block.input).length > 0;
  if (!isFilled) {
    emit(stream, event);
    return;
  }
  for (const made of blockEvents(block, index).slice(0, -1)) emit(stream, made);
}

/** A call without arguments streams nothing, or an empty text, which is no JSON. */
function stopBlock(stream: AnthropicStream, event: EventOf<'content_block_stop'>): void {
  const { index } = event;
  const block = stream.accumulated.message?.content[index];
  const isOpen = hasInput(block) && stream.accumulated.openBlocks.includes(index);
  if (isOpen && (stream.accumulated.toolInputs[index] ?? '').trim() === '') {
    noteEmptyInput(stream, index, 'name' in block ? block.name : '');
    emit(stream, { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: '{}' } });
  }
  emit(stream, event);
}

function stopMessage(stream: AnthropicStream, event: EventOf<'message_stop'>): void {
  const { endAtStart, phase } = stream.state;
  const { message } = stream.accumulated;
  if (phase === 'streaming' && endAtStart !== null && message !== null) {
    endMessage(stream, { type: 'message_delta', delta: endAtStart, usage: message.usage });
  }
  emit(stream, event);
  stream.state.phase = 'complete';
}

function endMessage(stream: AnthropicStream, event: EventOf<'message_delta'>): void {
  const { stop_reason: given } = event.delta;
  const content = stream.accumulated.message?.content ?? [];
  // Clients cannot show, and some cannot store, an answer without a block.
  if (content.length === 0) for (const made of blockEvents(EMPTY_TEXT, 0)) emit(stream, made);
  const repaired = repairStopReason(given, content);
  stream.state.endAtStart = null;
  if (given !== null) stream.state.upstreamStopReason = given;
  if (repaired !== given) lose(stream, 'repaired', '/stop_reason', CONTRADICTED_STOP);
  emit(stream, repaired === given ? event : { ...event, delta: { ...event.delta, stop_reason: repaired } });
}

/** Blocks are counted from the ones that the start held. */
function behindStart<Event extends { readonly index: number }>(stream: AnthropicStream, event: Event): Event {
  const { blocksAtStart } = stream.state;
  return blocksAtStart === 0 ? event : { ...event, index: event.index + blocksAtStart };
}

type EventHandlers = {
  readonly [Type in CanonicalStreamEvent['type']]: (stream: AnthropicStream, event: EventOf<Type>) => void;
};

const EVENT_HANDLERS: EventHandlers = {
  message_start: startMessage,
  content_block_start: (stream, event) => startBlock(stream, behindStart(stream, event)),
  content_block_delta: (stream, event) => emit(stream, behindStart(stream, event)),
  content_block_stop: (stream, event) => stopBlock(stream, behindStart(stream, event)),
  message_delta: endMessage,
  message_stop: stopMessage,
  ping: emit,
  error: (stream, event) => {
    stream.events.push(event);
    stream.state.failure = apiErrorFromAnthropicError(event);
    stream.state.phase = 'failed';
  },
};

/** The text that a delta of each type has to have. */
const DELTA_TEXTS: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
  input_json_delta: 'partial_json',
};

function isDelta(delta: unknown): boolean {
  if (!isJsonObject(delta) || typeof delta['type'] !== 'string') return false;
  const field = Object.hasOwn(DELTA_TEXTS, delta['type']) ? DELTA_TEXTS[delta['type']] : undefined;
  return field === undefined || typeof delta[field] === 'string';
}

const isBlock = (block: unknown): boolean => isJsonObject(block) && typeof block['type'] === 'string';

/** Whether an event has the parts that a message is built from; clients break on one that has not. */
function isWellFormed({ type, message, content_block, delta, index, error }: JsonObject): boolean {
  switch (type) {
    case 'message_start':
      return isJsonObject(message) && Array.isArray(message['content']) && message['content'].every(isBlock);
    case 'content_block_start':
      return isBlock(content_block) && Number.isSafeInteger(index);
    case 'content_block_delta':
      return isDelta(delta) && Number.isSafeInteger(index);
    case 'content_block_stop':
      return Number.isSafeInteger(index);
    case 'message_delta':
      return isJsonObject(delta);
    case 'error':
      return isJsonObject(error);
    default:
      return true;
  }
}

/** Events that make no sense before the message has started. */
const INNER_EVENTS: ReadonlySet<string> = new Set([
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
]);

function handleEvent(stream: AnthropicStream, payload: JsonObject): void {
  const { type } = payload;
  const { phase } = stream.state;
  if (typeof type !== 'string') {
    fail(stream, brokenUpstream('The upstream sent stream data that is not an event.'));
    return;
  }
  const event = payload as unknown as CanonicalStreamEvent;
  const handler = lookUp(EVENT_HANDLERS, type);
  if (handler === undefined) stream.events.push(event);
  else if (!isWellFormed(payload) || (phase === 'waiting' && INNER_EVENTS.has(type))) {
    if (type === 'error') fail(stream, brokenUpstream('The upstream failed without saying why.'));
    else lose(stream, 'dropped', '', 'stream event without its parts, or before the message');
  } else if (phase === 'waiting' && type === 'message_stop') failUnfinished(stream);
  else (handler as (stream: AnthropicStream, event: CanonicalStreamEvent) => void)(stream, event);
}

/** Reads one event, which is canonical already; the few things that not every client understands are put right. */
export function readEvent(stream: AnthropicStream, payload: JsonObject): void {
  handleEvent(stream, payload);
  const isAsItCame = stream.events.length === 1 && (stream.events[0] as unknown) === payload;
  if (!isAsItCame) stream.state.isRewritten = true;
}
