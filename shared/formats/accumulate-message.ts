import { lookUp } from '../look-up.ts';
import type { CanonicalContentBlock, CanonicalMessage, CanonicalStreamEvent } from './canonical.ts';
import { parseToolInput } from './tool-input.ts';

/** Text beyond this is not kept; the message is then marked `truncated`, and the stream itself goes on. */
const ACCUMULATED_CHARACTERS_MAX = 16 * 1024 * 1024;

/** The message that a stream of events has built so far; plain data. */
export interface AccumulatedMessage {
  message: CanonicalMessage | null;
  /** Streamed tool arguments by block index, until the block stops. */
  toolInputs: Record<number, string>;
  openBlocks: number[];
  characters: number;
  truncated: boolean;
  stopped: boolean;
}

export function createAccumulatedMessage(): AccumulatedMessage {
  return { message: null, toolInputs: {}, openBlocks: [], characters: 0, truncated: false, stopped: false };
}

type EventOf<Type extends CanonicalStreamEvent['type']> = Extract<CanonicalStreamEvent, { type: Type }>;
/** The summary that stands for what was compacted away; its types are still the beta's. */
type CompactionDelta = { readonly type: 'compaction_delta'; readonly content: string | null };
type Delta = EventOf<'content_block_delta'>['delta'] | CompactionDelta;

/** Vendors add delta types; the ones not named here leave the block as it is. */
const DELTA_HANDLERS: {
  readonly [Type in Delta['type']]: (
    block: CanonicalContentBlock,
    delta: Extract<Delta, { type: Type }>,
    state: AccumulatedMessage,
    index: number,
  ) => void;
} = {
  text_delta: (block, delta) => {
    if (block.type === 'text') block.text += delta.text;
  },
  thinking_delta: (block, delta) => {
    if (block.type === 'thinking') block.thinking += delta.thinking;
  },
  signature_delta: (block, delta) => {
    if (block.type === 'thinking') block.signature = delta.signature;
  },
  citations_delta: (block, delta) => {
    if (block.type === 'text') block.citations = [...(block.citations ?? []), delta.citation];
  },
  compaction_delta: (block, delta) => {
    Object.assign(block, { content: delta.content });
  },
  input_json_delta: (_block, delta, state, index) => {
    state.toolInputs[index] = (state.toolInputs[index] ?? '') + delta.partial_json;
  },
};

function deltaCharacters(delta: Delta): number {
  const text: unknown =
    'text' in delta ? delta.text : 'thinking' in delta ? delta.thinking : 'partial_json' in delta && delta.partial_json;
  return typeof text === 'string' ? text.length : 0;
}

function applyDelta(state: AccumulatedMessage, event: EventOf<'content_block_delta'>): void {
  const block = state.message?.content[event.index];
  if (block === undefined) return;
  state.characters += deltaCharacters(event.delta);
  if (state.characters > ACCUMULATED_CHARACTERS_MAX) {
    state.truncated = true;
    return;
  }
  const handler = lookUp(DELTA_HANDLERS, event.delta.type) as
    | ((block: CanonicalContentBlock, delta: Delta, state: AccumulatedMessage, index: number) => void)
    | undefined;
  handler?.(block, event.delta, state, event.index);
}

function stopBlock(state: AccumulatedMessage, index: number): void {
  state.openBlocks = state.openBlocks.filter((open) => open !== index);
  const block = state.message?.content[index];
  const input = state.toolInputs[index];
  delete state.toolInputs[index];
  if (block === undefined || input === undefined || !('input' in block)) return;
  (block as { input: unknown }).input = parseToolInput(input);
}

/** Takes over what is said; usage that an upstream leaves out, or says null of, stays what it was. */
function assignGiven(usage: object, given: object | null | undefined): void {
  if (given === null || given === undefined) return;
  const [to, from] = [usage, given] as Readonly<[Record<string, unknown>, Record<string, unknown>]>;
  for (const name of Object.keys(from)) {
    const value = from[name];
    if (value !== null && value !== undefined) to[name] = value;
  }
}

const EVENT_HANDLERS: {
  readonly [Type in CanonicalStreamEvent['type']]: (state: AccumulatedMessage, event: EventOf<Type>) => void;
} = {
  message_start: (state, event) => {
    // A second message_start is an upstream's fault; what was accumulated under the first one stays.
    state.message ??= { ...event.message, content: [...event.message.content], usage: { ...event.message.usage } };
  },
  content_block_start: (state, event) => {
    if (state.message === null) return;
    if (event.index > state.message.content.length) {
      // An index far ahead would make an array of holes.
      state.truncated = true;
      return;
    }
    state.message.content[event.index] = { ...event.content_block };
    state.openBlocks.push(event.index);
  },
  content_block_delta: applyDelta,
  content_block_stop: (state, event) => stopBlock(state, event.index),
  message_delta: (state, event) => {
    if (state.message === null) return;
    Object.assign(state.message, event.delta);
    assignGiven(state.message.usage, event.usage);
  },
  message_stop: (state) => {
    state.stopped = true;
  },
  ping: () => undefined,
  error: () => undefined,
};

/** Adds one event to the message. Unknown events, and events out of order, are passed over. */
export function accumulate(state: AccumulatedMessage, event: CanonicalStreamEvent): void {
  const handler = lookUp(EVENT_HANDLERS, event.type) as
    | ((state: AccumulatedMessage, event: CanonicalStreamEvent) => void)
    | undefined;
  handler?.(state, event);
}
