import { lookUp } from '../../look-up.ts';
import type { CanonicalBody, CanonicalContentParam, CanonicalToolResult } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { customCallInput } from '../openai-chat/custom-tool.ts';
import { contentParts, decodeFile, decodeImage, missingPart } from '../openai-chat/decode-media.ts';
import { addToolResult, type DecodedConversation } from '../openai-chat/decode-messages.ts';
import { parseToolInput } from '../tool-input.ts';

const KIND_CHARACTERS_MAX = 40;

interface Conversation {
  readonly system: { type: 'text'; text: string }[];
  readonly messages: CanonicalBody['messages'];
}

type ItemReader = (decoding: Ledger, conversation: Conversation, item: JsonObject, path: RequestPath) => void;

function decodePart(decoding: Ledger, part: JsonObject, path: RequestPath): readonly CanonicalContentParam[] {
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'refusal': {
      const text = nonEmptyString(part['text']) ?? nonEmptyString(part['refusal']);
      return text === null ? [] : [{ type: 'text', text }];
    }
    case 'input_image':
      return [decodeImage(decoding, part['image_url'], part['detail'], path)];
    case 'input_file':
      return [decodeFile(decoding, part, path)];
    default:
      return [missingPart(decoding, path, 'content part of an unknown kind')];
  }
}

function decodeContent(decoding: Ledger, content: unknown, path: RequestPath, field: string): CanonicalContentParam[] {
  return contentParts(content).flatMap((part, index) => decodePart(decoding, part, [...path, field, index]));
}

/** Items of the model's side that follow one another are one turn, as the Messages API has it. */
function addAssistant(conversation: Conversation, blocks: readonly CanonicalContentParam[]): void {
  if (blocks.length === 0) return;
  const last = conversation.messages.at(-1);
  if (last?.role === 'assistant' && Array.isArray(last.content)) last.content.push(...blocks);
  else conversation.messages.push({ role: 'assistant', content: [...blocks] });
}

const readMessage: ItemReader = (decoding, conversation, item, path) => {
  const { role, content } = item;
  const blocks = decodeContent(decoding, content, path, 'content');
  if (role === 'assistant') addAssistant(conversation, blocks);
  else if (role === 'user') {
    conversation.messages.push({ role: 'user', content: typeof content === 'string' ? content : blocks });
  } else {
    const text = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
    if (text === '') return;
    if (conversation.messages.length === 0) conversation.system.push({ type: 'text', text });
    else conversation.messages.push({ role: 'system', content: text });
  }
};

const readReasoning: ItemReader = (decoding, conversation, item, path) => {
  const texts = [item['summary'], item['content']].flatMap((parts) => (Array.isArray(parts) ? parts : []));
  const thinking = texts
    .flatMap((part: unknown) => (isJsonObject(part) ? (nonEmptyString(part['text']) ?? []) : []))
    .join('\n\n');
  // The answer's signature was sent as the encrypted form, whoever made it.
  const signature = nonEmptyString(item['encrypted_content']) ?? '';
  if (thinking !== '' || signature !== '') addAssistant(conversation, [{ type: 'thinking', thinking, signature }]);
  else lose(decoding, 'dropped', path, 'reasoning without text or encrypted form');
};

const readCallOutput: ItemReader = (decoding, conversation, item, path) => {
  const { output } = item;
  const content =
    typeof output === 'string'
      ? output
      : (decodeContent(decoding, output, path, 'output') as Exclude<CanonicalToolResult['content'], undefined>);
  addToolResult(conversation.messages, { type: 'tool_result', tool_use_id: String(item['call_id']), content });
};

const ITEM_READERS: Readonly<Record<string, ItemReader>> = {
  message: readMessage,
  reasoning: readReasoning,
  function_call: (_decoding, conversation, item) =>
    addAssistant(conversation, [
      {
        type: 'tool_use',
        id: String(item['call_id']),
        name: String(item['name']),
        input: parseToolInput(String(item['arguments'])),
      },
    ]),
  custom_tool_call: (_decoding, conversation, item) =>
    addAssistant(conversation, [
      {
        type: 'tool_use',
        id: String(item['call_id']),
        name: String(item['name']),
        input: customCallInput(item['input']),
      },
    ]),
  function_call_output: readCallOutput,
  custom_tool_call_output: readCallOutput,
};

/** The type of an item or a tool, fit to stand in a ledger: it is the client's word. */
export function kindOf(value: unknown): string {
  const type = isJsonObject(value) ? value['type'] : undefined;
  return typeof type === 'string' ? type.replace(/[^a-z0-9_]/g, '').slice(0, KIND_CHARACTERS_MAX) : 'unknown';
}

/** The input of a Responses request. Items of hosted tools have no counterpart, and are lost. */
export function decodeInput(decoding: Ledger, body: JsonObject): DecodedConversation {
  const { input, instructions } = body;
  const conversation: Conversation = { system: [], messages: [] };
  const instructed = nonEmptyString(instructions);
  if (instructed !== null) conversation.system.push({ type: 'text', text: instructed });
  if (typeof input === 'string') {
    conversation.messages.push({ role: 'user', content: input });
    return conversation;
  }
  for (const [index, item] of (Array.isArray(input) ? input : []).entries()) {
    if (!isJsonObject(item)) continue;
    const path = ['input', index];
    const type = nonEmptyString(item['type']) ?? 'message';
    const reader = lookUp(ITEM_READERS, type);
    if (reader !== undefined) reader(decoding, conversation, item, path);
    else if (type === 'item_reference') lose(decoding, 'dropped', path, 'reference to an item of a store');
    else lose(decoding, 'dropped', path, `input item without a counterpart: ${kindOf(item)}`);
  }
  return conversation;
}
