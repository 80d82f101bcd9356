import type { CanonicalBody, CanonicalContentParam, CanonicalToolResult } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { parseToolInput } from '../tool-input.ts';
import { customCallInput } from './custom-tool.ts';
import { contentParts, decodeFile, decodeImage, missingPart } from './decode-media.ts';

type CanonicalMessages = CanonicalBody['messages'];
type SystemBlock = { type: 'text'; text: string };

/** The conversation while it is read. */
interface Conversation {
  readonly system: SystemBlock[];
  readonly messages: CanonicalMessages;
  /** Id of the last call of the old `function_call` kind, which has none of its own. */
  lastFunctionId: string | null;
}

export interface DecodedConversation {
  readonly system: readonly SystemBlock[];
  readonly messages: CanonicalMessages;
}

/** One part of a user message, or of a tool's answer. */
export function decodePart(decoding: Ledger, part: JsonObject, path: RequestPath): readonly CanonicalContentParam[] {
  switch (part['type']) {
    case 'text': {
      const text = nonEmptyString(part['text']);
      return text === null ? [] : [{ type: 'text', text }];
    }
    case 'refusal': {
      const text = nonEmptyString(part['refusal']);
      return text === null ? [] : [{ type: 'text', text }];
    }
    case 'image_url': {
      const image = isJsonObject(part['image_url']) ? part['image_url'] : { url: part['image_url'] };
      return [decodeImage(decoding, image['url'], image['detail'], path)];
    }
    case 'file':
      return [decodeFile(decoding, isJsonObject(part['file']) ? part['file'] : {}, path)];
    case 'input_audio':
      return [missingPart(decoding, path, 'audio')];
    default:
      return [missingPart(decoding, path, 'content part of an unknown kind')];
  }
}

function decodeContent(decoding: Ledger, content: unknown, path: RequestPath): CanonicalContentParam[] {
  return contentParts(content).flatMap((part, index) => decodePart(decoding, part, [...path, 'content', index]));
}

function textOf(content: unknown): string {
  return contentParts(content)
    .map((part) => nonEmptyString(part['text']) ?? '')
    .filter((text) => text !== '')
    .join('\n\n');
}

function addSystem(conversation: Conversation, message: JsonObject): void {
  const text = textOf(message['content']);
  if (text === '') return;
  if (conversation.messages.length === 0) conversation.system.push({ type: 'text', text });
  else conversation.messages.push({ role: 'system', content: text });
}

function addUser(decoding: Ledger, conversation: Conversation, message: JsonObject, path: RequestPath): void {
  const { content } = message;
  if (typeof content === 'string') conversation.messages.push({ role: 'user', content });
  else conversation.messages.push({ role: 'user', content: decodeContent(decoding, content, path) });
}

function decodeToolCall(decoding: Ledger, call: JsonObject, path: RequestPath): CanonicalContentParam | null {
  const id = nonEmptyString(call['id']) ?? '';
  const called = isJsonObject(call['function']) ? call['function'] : null;
  if (called !== null) {
    const text = typeof called['arguments'] === 'string' ? called['arguments'] : '';
    return { type: 'tool_use', id, name: nonEmptyString(called['name']) ?? '', input: parseToolInput(text) };
  }
  const custom = isJsonObject(call['custom']) ? call['custom'] : null;
  if (custom === null) {
    lose(decoding, 'dropped', path, 'tool call of an unknown kind');
    return null;
  }
  return { type: 'tool_use', id, name: nonEmptyString(custom['name']) ?? '', input: customCallInput(custom['input']) };
}

function addAssistant(decoding: Ledger, conversation: Conversation, message: JsonObject, path: RequestPath): void {
  const content: CanonicalContentParam[] = [];
  const reasoning = nonEmptyString(message['reasoning_content']) ?? nonEmptyString(message['reasoning']);
  if (reasoning !== null) content.push({ type: 'thinking', thinking: reasoning, signature: '' });
  content.push(...decodeContent(decoding, message['content'], path));
  const refusal = nonEmptyString(message['refusal']);
  if (refusal !== null) content.push({ type: 'text', text: refusal });
  const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
  for (const [index, call] of calls.entries()) {
    const block = isJsonObject(call) ? decodeToolCall(decoding, call, [...path, 'tool_calls', index]) : null;
    if (block !== null) content.push(block);
  }
  if (isJsonObject(message['function_call'])) {
    const id = `call_function_${conversation.messages.length}`;
    const block = decodeToolCall(decoding, { id, function: message['function_call'] }, [...path, 'function_call']);
    if (block !== null) content.push(block);
    conversation.lastFunctionId = id;
  }
  if (isJsonObject(message['audio'])) lose(decoding, 'dropped', [...path, 'audio'], 'audio of an earlier answer');
  if (content.length > 0) conversation.messages.push({ role: 'assistant', content });
}

/** A tool's answer is a block of a user message; answers that follow one another share it. */
export function addToolResult(messages: CanonicalMessages, result: CanonicalToolResult): void {
  const last = messages.at(-1);
  const isResults =
    last?.role === 'user' && Array.isArray(last.content) && last.content.every((block) => block.type === 'tool_result');
  if (isResults && Array.isArray(last.content)) last.content.push(result);
  else messages.push({ role: 'user', content: [result] });
}

function addTool(decoding: Ledger, conversation: Conversation, message: JsonObject, path: RequestPath): void {
  const id = message['role'] === 'function' ? conversation.lastFunctionId : nonEmptyString(message['tool_call_id']);
  const content =
    typeof message['content'] === 'string'
      ? message['content']
      : (decodeContent(decoding, message['content'], path) as Exclude<CanonicalToolResult['content'], undefined>);
  addToolResult(conversation.messages, { type: 'tool_result', tool_use_id: id ?? '', content });
}

/**
 * The messages of a Chat Completions request. System and developer messages that lead are the system prompt; later ones
 * keep their place in the conversation.
 */
export function decodeMessages(decoding: Ledger, messages: readonly JsonObject[]): DecodedConversation {
  const conversation: Conversation = { system: [], messages: [], lastFunctionId: null };
  for (const [index, message] of messages.entries()) {
    const path = ['messages', index];
    const { role } = message;
    if (nonEmptyString(message['name']) !== null && role !== 'function') {
      lose(decoding, 'dropped', [...path, 'name'], 'name of a participant');
    }
    if (role === 'system' || role === 'developer') addSystem(conversation, message);
    else if (role === 'user') addUser(decoding, conversation, message, path);
    else if (role === 'assistant') addAssistant(decoding, conversation, message, path);
    else addTool(decoding, conversation, message, path);
  }
  return conversation;
}
