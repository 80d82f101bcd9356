import { createSseParser } from '#shared/upstream/sse.ts';
import { isRecord, type JsonRecord, parseJson } from './json.ts';

/** One tool call as the upstream wrote it, its arguments as text and not interpreted. */
interface RawToolCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsText: string;
}

export interface RawReply {
  readonly toolCalls: readonly RawToolCall[];
  /** Why the upstream says it stopped, in its own word. */
  readonly stopReason: string | null;
}

interface OpenToolCall {
  readonly key: string;
  readonly id: string;
  name: string;
  argumentsText: string;
  /** True while the arguments are those with which the block began; deltas, where there are any, replace them. */
  isWhole: boolean;
}

interface Collected {
  readonly toolCalls: OpenToolCall[];
  stopReason: string | null;
  /** False until something was recognised as a reply. */
  recognised: boolean;
}

/**
 * Reads tool calls from an upstream's raw reply: OpenAI Chat or Anthropic Messages, whole or streamed. It shares no
 * code with the translator on purpose: what checks a translation must not repeat its mistakes.
 *
 * @returns null when the text is no reply of either kind
 */
export function extractRawReply(text: string): RawReply | null {
  const collected: Collected = { toolCalls: [], stopReason: null, recognised: false };
  const whole = parseJson(text);
  if (isRecord(whole)) readWhole(whole, collected);
  else readStream(text, collected);
  if (!collected.recognised) return null;
  const toolCalls = collected.toolCalls.map(({ id, name, argumentsText }) => ({ id, name, argumentsText }));
  return { toolCalls, stopReason: collected.stopReason };
}

function readWhole(reply: JsonRecord, collected: Collected): void {
  const choice = firstRecord(reply['choices']);
  if (choice !== null) {
    readChoice(choice, isRecord(choice['message']) ? choice['message'] : {}, collected);
  } else if (Array.isArray(reply['content'])) {
    collected.recognised = true;
    collected.stopReason = textOrNull(reply['stop_reason']);
    for (const [index, block] of (reply['content'] as unknown[]).entries()) {
      if (isRecord(block)) startAnthropicBlock(block, `${index}`, collected);
    }
  }
}

function readStream(text: string, collected: Collected): void {
  const parser = createSseParser();
  for (const event of [...parser.push(Buffer.from(text)), ...parser.end()]) {
    const data = parseJson(event.data);
    if (!isRecord(data)) continue;
    const choice = firstRecord(data['choices']);
    if (choice !== null) readChoice(choice, isRecord(choice['delta']) ? choice['delta'] : {}, collected);
    else readAnthropicEvent(data, collected);
  }
}

function readChoice(choice: JsonRecord, message: JsonRecord, collected: Collected): void {
  collected.recognised = true;
  collected.stopReason = textOrNull(choice['finish_reason']) ?? collected.stopReason;
  const entries = Array.isArray(message['tool_calls']) ? (message['tool_calls'] as unknown[]) : [];
  for (const [position, entry] of entries.entries()) {
    if (isRecord(entry)) readOpenAiCall(entry, `${entry['index'] ?? position}`, collected);
  }
  const legacy = message['function_call'];
  if (isRecord(legacy)) readOpenAiCall({ function: legacy }, 'function_call', collected);
}

/**
 * A piece of a call, or a whole one. Some servers stream several calls under one index; a new id together with a name
 * starts another call there, as it does for the client.
 */
function readOpenAiCall(entry: JsonRecord, key: string, collected: Collected): void {
  const part = isRecord(entry['function']) ? entry['function'] : {};
  const id = textOrNull(entry['id']) ?? '';
  const name = textOrNull(part['name']) ?? '';
  const known = collected.toolCalls.findLast((call) => call.key === key);
  const startsAnother = known !== undefined && id !== '' && known.id !== '' && id !== known.id && name !== '';
  const call = known === undefined || startsAnother ? { key, id, name: '', argumentsText: '', isWhole: false } : known;
  if (call !== known) collected.toolCalls.push(call);
  if (call.name === '') call.name = name;
  const pieces = part['arguments'];
  call.argumentsText += typeof pieces === 'string' ? pieces : isRecord(pieces) ? JSON.stringify(pieces) : '';
}

function readAnthropicEvent(event: JsonRecord, collected: Collected): void {
  const delta = isRecord(event['delta']) ? event['delta'] : {};
  switch (event['type']) {
    case 'message_start':
      collected.recognised = true;
      return;
    case 'content_block_start':
      if (isRecord(event['content_block'])) {
        startAnthropicBlock(event['content_block'], `${event['index']}`, collected);
      }
      return;
    case 'content_block_delta': {
      const call = collected.toolCalls.findLast((open) => open.key === `${event['index']}`);
      if (call !== undefined && delta['type'] === 'input_json_delta') {
        if (call.isWhole) call.argumentsText = '';
        call.isWhole = false;
        call.argumentsText += textOrNull(delta['partial_json']) ?? '';
      }
      return;
    }
    case 'message_delta':
      collected.stopReason = textOrNull(delta['stop_reason']) ?? collected.stopReason;
      return;
    default:
  }
}

function startAnthropicBlock(block: JsonRecord, key: string, collected: Collected): void {
  if (block['type'] !== 'tool_use') return;
  const argumentsText = block['input'] === undefined ? '' : JSON.stringify(block['input']);
  const call = { key, id: String(block['id'] ?? ''), name: String(block['name'] ?? ''), argumentsText, isWhole: true };
  collected.toolCalls.push(call);
}

function firstRecord(value: unknown): JsonRecord | null {
  return Array.isArray(value) && isRecord(value[0]) ? value[0] : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
