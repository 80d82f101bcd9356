import { lookUp } from '../../look-up.ts';
import type { CanonicalContentBlock, CanonicalStreamEvent, CanonicalUsage } from '../canonical.ts';
import type { AnswerContext, ClientStreamEncoder } from '../format.ts';
import type { Loss } from '../loss.ts';
import { parseToolInput } from '../tool-input.ts';
import { customCallText, customNamesOf } from './custom-tool.ts';
import { errorBody } from './encode-error.ts';
import { completionId } from './encode-response.ts';
import { encodeStopReason } from './encode-stop-reason.ts';
import { encodeChatUsage } from './encode-usage.ts';
import { noteBlock, notePart, noteStop } from './note-answer-losses.ts';

type EventOf<Type extends CanonicalStreamEvent['type']> = Extract<CanonicalStreamEvent, { type: Type }>;

/** A stream of chunks while it is written. */
interface ChatEncoding {
  readonly context: AnswerContext;
  readonly customNames: ReadonlySet<unknown>;
  /** Arguments so far of a call of a custom tool, by block index. */
  readonly customInputs: Map<number, string>;
  readonly losses: Loss[];
  /** Wire text of what every chunk begins with; null before the message started. */
  head: string | null;
  usage: CanonicalUsage;
  /** Position among the calls, by block index. */
  readonly callNumbers: Map<number, number>;
}

function chunk(encoding: ChatEncoding, choices: readonly object[], more: object = {}): string {
  const rest = JSON.stringify({ choices, ...more }).slice(1);
  return encoding.head === null ? '' : `data: ${encoding.head},${rest}\n\n`;
}

function delta(encoding: ChatEncoding, content: object, finishReason: string | null = null): string {
  return chunk(encoding, [{ index: 0, delta: content, logprobs: null, finish_reason: finishReason }]);
}

function toolCall(encoding: ChatEncoding, index: number, call: object): string {
  return delta(encoding, { tool_calls: [{ index: encoding.callNumbers.get(index) ?? 0, ...call }] });
}

function startMessage(encoding: ChatEncoding, { message }: EventOf<'message_start'>): string {
  const head = {
    id: completionId(message.id),
    object: 'chat.completion.chunk',
    created: encoding.context.nowSeconds,
    model: message.model,
  };
  encoding.head = JSON.stringify(head).slice(0, -1);
  encoding.usage = message.usage;
  return delta(encoding, { role: 'assistant', content: '', refusal: null });
}

function startBlock(encoding: ChatEncoding, index: number, block: CanonicalContentBlock): string {
  if (!noteBlock(encoding.losses, 'openai-chat', block, index)) return '';
  if (block.type === 'text') return block.text === '' ? '' : delta(encoding, { content: block.text });
  if (block.type !== 'tool_use') return '';
  encoding.callNumbers.set(index, encoding.callNumbers.size);
  if (encoding.customNames.has(block.name)) {
    encoding.customInputs.set(index, '');
    return toolCall(encoding, index, { id: block.id, type: 'custom', custom: { name: block.name, input: '' } });
  }
  return toolCall(encoding, index, {
    id: block.id,
    type: 'function',
    function: { name: block.name, arguments: '' },
  });
}

/** The text of a custom call is inside of a JSON string until its end, so it comes in one piece. */
function holdInput(encoding: ChatEncoding, index: number, piece: string): string {
  encoding.customInputs.set(index, (encoding.customInputs.get(index) ?? '') + piece);
  return '';
}

function stopBlock(encoding: ChatEncoding, index: number): string {
  const held = encoding.customInputs.get(index);
  if (held === undefined) return '';
  return toolCall(encoding, index, { custom: { input: customCallText(parseToolInput(held)) } });
}

function encodeDelta(encoding: ChatEncoding, { index, delta: piece }: EventOf<'content_block_delta'>): string {
  switch (piece.type) {
    case 'text_delta':
      return delta(encoding, { content: piece.text });
    case 'thinking_delta':
      return delta(encoding, { reasoning_content: piece.thinking });
    case 'input_json_delta':
      if (!encoding.callNumbers.has(index)) return '';
      return encoding.customInputs.has(index)
        ? holdInput(encoding, index, piece.partial_json)
        : toolCall(encoding, index, { function: { arguments: piece.partial_json } });
    case 'signature_delta':
      if (piece.signature !== '') notePart(encoding.losses, 'openai-chat', index, 'signature');
      return '';
    case 'citations_delta':
      notePart(encoding.losses, 'openai-chat', index, 'citations');
      return '';
    default:
      return '';
  }
}

function finish(encoding: ChatEncoding, event: EventOf<'message_delta'>): string {
  const reported = Object.entries(event.usage).filter(([, value]) => value !== null && value !== undefined);
  encoding.usage = { ...encoding.usage, ...Object.fromEntries(reported) };
  noteStop(encoding.losses, 'openai-chat', event.delta.stop_sequence);
  return delta(encoding, {}, encodeStopReason(event.delta.stop_reason));
}

function endMessage(encoding: ChatEncoding): string {
  const isAsked = encoding.context.request.clientOptions?.['includeUsage'] === true;
  return `${isAsked ? chunk(encoding, [], { usage: encodeChatUsage(encoding.usage) }) : ''}data: [DONE]\n\n`;
}

const EVENT_HANDLERS: {
  readonly [Type in CanonicalStreamEvent['type']]: (encoding: ChatEncoding, event: EventOf<Type>) => string;
} = {
  message_start: startMessage,
  content_block_start: (encoding, event) => startBlock(encoding, event.index, event.content_block),
  content_block_delta: encodeDelta,
  content_block_stop: (encoding, event) => stopBlock(encoding, event.index),
  message_delta: finish,
  message_stop: endMessage,
  // A comment: clients of this format know no ping.
  ping: () => ': ping\n\n',
  // No `[DONE]` follows: a client must not take what it has for the whole answer.
  error: (_encoding, event) => `data: ${JSON.stringify(errorBody(event.error.type, event.error.message))}\n\n`,
};

/** Writes an answer as `chat.completion.chunk` events. */
export function createStreamEncoder(context: AnswerContext): ClientStreamEncoder {
  const usage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const encoding: ChatEncoding = {
    context,
    customNames: customNamesOf(context),
    customInputs: new Map(),
    losses: [],
    head: null,
    usage,
    callNumbers: new Map(),
  };
  return {
    encode(event) {
      const handler = lookUp(EVENT_HANDLERS, event.type) as
        | ((encoding: ChatEncoding, event: CanonicalStreamEvent) => string)
        | undefined;
      return handler?.(encoding, event) ?? '';
    },
    losses: () => encoding.losses,
  };
}
