import { lookUp } from '../../look-up.ts';
import type {
  CanonicalContentBlock,
  CanonicalMessage,
  CanonicalStopReason,
  CanonicalStreamEvent,
  CanonicalUsage,
} from '../canonical.ts';
import type { AnswerContext, ClientStreamEncoder } from '../format.ts';
import type { Loss } from '../loss.ts';
import { customNamesOf } from '../openai-chat/custom-tool.ts';
import { errorBody } from '../openai-chat/encode-error.ts';
import { noteBlock, notePart, noteStop } from '../openai-chat/note-answer-losses.ts';
import { parseToolInput } from '../tool-input.ts';
import { encodeItem, isShownServerBlock, type OutputItem, textPart } from './encode-item.ts';
import { incompleteReason, responseObject } from './response-object.ts';

type EventOf<Type extends CanonicalStreamEvent['type']> = Extract<CanonicalStreamEvent, { type: Type }>;

/** The item that is being written. */
interface OpenItem {
  readonly blockIndex: number;
  readonly outputIndex: number;
  readonly block: CanonicalContentBlock;
  readonly item: OutputItem;
  text: string;
  signature: string;
}

/** A stream of `response.*` events while it is written. */
interface ResponsesEncoding {
  readonly context: AnswerContext;
  readonly customNames: ReadonlySet<unknown>;
  readonly losses: Loss[];
  sequenceNumber: number;
  message: CanonicalMessage | null;
  usage: CanonicalUsage | null;
  stopReason: CanonicalStopReason | null;
  open: OpenItem | null;
  readonly output: OutputItem[];
}

function write(encoding: ResponsesEncoding, type: string, fields: object): string {
  const event = { type, sequence_number: encoding.sequenceNumber, ...fields };
  encoding.sequenceNumber += 1;
  return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function lifecycle(encoding: ResponsesEncoding, status: 'in_progress' | 'completed' | 'incomplete'): object {
  const { context, message, output, stopReason, usage } = encoding;
  if (message === null) return {};
  const counted = status === 'in_progress' ? null : usage;
  return { response: responseObject(context, { message, status, output, stopReason, usage: counted }) };
}

function startMessage(encoding: ResponsesEncoding, { message }: EventOf<'message_start'>): string {
  encoding.message = message;
  encoding.usage = message.usage;
  return (
    write(encoding, 'response.created', lifecycle(encoding, 'in_progress')) +
    write(encoding, 'response.in_progress', lifecycle(encoding, 'in_progress'))
  );
}

/** Where an event of the open item belongs; `content_index` and `summary_index` are always 0: a block is an item. */
function placeOf({ item, outputIndex }: OpenItem): object {
  return { item_id: item.id, output_index: outputIndex };
}

function startBlock(encoding: ResponsesEncoding, event: EventOf<'content_block_start'>): string {
  const { index, content_block: block } = event;
  const isShown = isShownServerBlock(block) || noteBlock(encoding.losses, 'openai-responses', block, index);
  if (!isShown || encoding.message === null) return '';
  const outputIndex = encoding.output.length;
  const item = encodeItem(block, encoding.message.id, outputIndex, 'in_progress', encoding.customNames);
  if (item === null) return '';
  const open: OpenItem = { blockIndex: index, outputIndex, block, item, text: '', signature: '' };
  encoding.open = open;
  const added = write(encoding, 'response.output_item.added', { output_index: outputIndex, item });
  if (item.type === 'web_search_call') {
    const searching = ['in_progress', 'searching'].map((step) =>
      write(encoding, `response.web_search_call.${step}`, placeOf(open)),
    );
    return added + searching.join('');
  }
  if (block.type !== 'text') return added;
  const part = { ...placeOf(open), content_index: 0, part: textPart('') };
  return added + write(encoding, 'response.content_part.added', part) + writeText(encoding, open, block.text);
}

function writeText(encoding: ResponsesEncoding, open: OpenItem, delta: string): string {
  if (delta === '') return '';
  open.text += delta;
  const fields = { ...placeOf(open), content_index: 0, delta, logprobs: [] };
  return write(encoding, 'response.output_text.delta', fields);
}

/** A summary part is begun with its first text: reasoning that is only encrypted has none. */
function writeThinking(encoding: ResponsesEncoding, open: OpenItem, delta: string): string {
  if (delta === '') return '';
  const place = { ...placeOf(open), summary_index: 0 };
  const part = { type: 'summary_text', text: '' };
  const begun = open.text === '' ? write(encoding, 'response.reasoning_summary_part.added', { ...place, part }) : '';
  open.text += delta;
  return begun + write(encoding, 'response.reasoning_summary_text.delta', { ...place, delta });
}

function encodeDelta(encoding: ResponsesEncoding, { index, delta }: EventOf<'content_block_delta'>): string {
  const { open } = encoding;
  if (open?.blockIndex !== index) return '';
  switch (delta.type) {
    case 'text_delta':
      return writeText(encoding, open, delta.text);
    case 'thinking_delta':
      return writeThinking(encoding, open, delta.thinking);
    case 'signature_delta':
      open.signature = delta.signature;
      return '';
    case 'input_json_delta':
      open.text += delta.partial_json;
      if (open.item.type !== 'function_call') return '';
      return write(encoding, 'response.function_call_arguments.delta', { ...placeOf(open), delta: delta.partial_json });
    case 'citations_delta':
      notePart(encoding.losses, 'openai-responses', index, 'citations');
      return '';
    default:
      return '';
  }
}

/** The block as it is at its end. */
function finishedBlock({ block, text, signature }: OpenItem): CanonicalContentBlock {
  if (block.type === 'text') return { ...block, text };
  if (block.type === 'thinking') return { ...block, thinking: text, signature };
  // A call of the server's own may come whole, in its start.
  const isGiven = block.type === 'tool_use' || (block.type === 'server_tool_use' && text !== '');
  return isGiven ? { ...block, input: parseToolInput(text) } : block;
}

function endOfContent(encoding: ResponsesEncoding, open: OpenItem, item: OutputItem): string {
  const { text } = open;
  const place = placeOf(open);
  if (item.type === 'message') {
    const at = { ...place, content_index: 0 };
    return (
      write(encoding, 'response.output_text.done', { ...at, text, logprobs: [] }) +
      write(encoding, 'response.content_part.done', { ...at, part: textPart(text) })
    );
  }
  if (item.type === 'function_call') {
    const { name } = item;
    return write(encoding, 'response.function_call_arguments.done', { ...place, name, arguments: item['arguments'] });
  }
  if (item.type === 'web_search_call') return write(encoding, 'response.web_search_call.completed', place);
  if (item.type === 'custom_tool_call') {
    // The text is inside of a JSON string until its end, so it comes in one piece.
    const { input } = item;
    const piece =
      input === '' ? '' : write(encoding, 'response.custom_tool_call_input.delta', { ...place, delta: input });
    return piece + write(encoding, 'response.custom_tool_call_input.done', { ...place, input });
  }
  if (text === '') return '';
  const at = { ...place, summary_index: 0 };
  return (
    write(encoding, 'response.reasoning_summary_text.done', { ...at, text }) +
    write(encoding, 'response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } })
  );
}

function stopBlock(encoding: ResponsesEncoding, { index }: EventOf<'content_block_stop'>): string {
  const { open, message } = encoding;
  if (open?.blockIndex !== index || message === null) return '';
  encoding.open = null;
  const encoded = encodeItem(finishedBlock(open), message.id, open.outputIndex, 'completed', encoding.customNames);
  // Arguments are what was streamed, to the letter.
  const item = encoded?.type === 'function_call' && open.text !== '' ? { ...encoded, arguments: open.text } : encoded;
  if (item === null) return '';
  encoding.output.push(item);
  const ended = endOfContent(encoding, open, item);
  return ended + write(encoding, 'response.output_item.done', { output_index: open.outputIndex, item });
}

function finish(encoding: ResponsesEncoding, { delta, usage }: EventOf<'message_delta'>): string {
  const reported = Object.entries(usage).filter(([, value]) => value !== null && value !== undefined);
  if (encoding.usage !== null) encoding.usage = { ...encoding.usage, ...Object.fromEntries(reported) };
  encoding.stopReason = delta.stop_reason;
  noteStop(encoding.losses, 'openai-responses', delta.stop_sequence);
  return '';
}

function endMessage(encoding: ResponsesEncoding): string {
  const status = incompleteReason(encoding.stopReason) === null ? 'completed' : 'incomplete';
  return encoding.message === null ? '' : write(encoding, `response.${status}`, lifecycle(encoding, status));
}

/** The `error` event; nothing follows it, so that no client takes what it has for the whole answer. */
function encodeFailure(encoding: ResponsesEncoding, { error }: EventOf<'error'>): string {
  const { message, code, param } = errorBody(error.type, error.message).error;
  return write(encoding, 'error', { code, message, param });
}

const EVENT_HANDLERS: {
  readonly [Type in CanonicalStreamEvent['type']]: (encoding: ResponsesEncoding, event: EventOf<Type>) => string;
} = {
  message_start: startMessage,
  content_block_start: startBlock,
  content_block_delta: encodeDelta,
  content_block_stop: stopBlock,
  message_delta: finish,
  message_stop: endMessage,
  // A comment: clients of this format know no ping.
  ping: () => ': ping\n\n',
  error: encodeFailure,
};

/** Writes an answer as `response.*` events. */
export function createStreamEncoder(context: AnswerContext): ClientStreamEncoder {
  const encoding: ResponsesEncoding = {
    context,
    customNames: customNamesOf(context),
    losses: [],
    sequenceNumber: 0,
    message: null,
    usage: null,
    stopReason: null,
    open: null,
    output: [],
  };
  return {
    encode(event) {
      const handler = lookUp(EVENT_HANDLERS, event.type) as
        | ((encoding: ResponsesEncoding, event: CanonicalStreamEvent) => string)
        | undefined;
      return handler?.(encoding, event) ?? '';
    },
    losses: () => encoding.losses,
  };
}
