import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import type { ReplyShape } from '#shared/formats/replies/reply-shape.ts';

/**
 * What a recording says, read in the plainest way and without any codec, to compare with what was delivered. What has
 * no place in a message is only named: it has to be in the ledger.
 */
export interface RecordedContent {
  text: string;
  thinking: string;
  /** Arguments of calls by the key that its wire gives them. */
  readonly calls: Map<string, unknown[]>;
  readonly others: Set<string>;
}

type Reader = (content: RecordedContent, payload: JsonObject) => void;

const objectIn = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
const listIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function addArguments(content: RecordedContent, key: string, piece: unknown): void {
  const known = content.calls.get(key);
  if (known === undefined) content.calls.set(key, [piece]);
  else known.push(piece);
}

function noteFilled(content: RecordedContent, key: string, value: unknown): void {
  if (Array.isArray(value) ? value.length > 0 : isJsonObject(value)) content.others.add(key);
}

const readChat: Reader = (content, payload) => {
  const choice = listIn(payload['choices']).find(({ index }) => (index ?? 0) === 0) ?? {};
  const said = isJsonObject(choice['delta']) ? choice['delta'] : objectIn(choice['message']);
  content.text += text(said['content']) + text(said['refusal']) + text(choice['text']);
  for (const part of listIn(said['content'])) {
    content.text += text(part['text']);
    content.thinking +=
      text(part['thinking']) +
      listIn(part['thinking'])
        .map((one) => text(one['text']))
        .join('');
    if (part['type'] !== 'text' && part['type'] !== 'thinking') content.others.add(text(part['type']));
  }
  content.thinking += text(said['reasoning_content']) || text(said['reasoning']);
  for (const [position, call] of listIn(said['tool_calls']).entries()) {
    addArguments(content, String(call['index'] ?? position), objectIn(call['function'])['arguments'] ?? '');
  }
  for (const key of ['annotations', 'images', 'audio', 'executed_tools']) noteFilled(content, key, said[key]);
  for (const key of ['citations', 'search_results', 'images', 'related_questions'])
    noteFilled(content, key, payload[key]);
};

const readResponseItem: Reader = (content, item) => {
  if (item['type'] === 'message') {
    for (const part of listIn(item['content'])) content.text += text(part['text']) + text(part['refusal']);
  } else if (item['type'] === 'reasoning') {
    for (const part of [...listIn(item['summary']), ...listIn(item['content'])]) content.thinking += text(part['text']);
  } else if (item['type'] === 'function_call') {
    addArguments(content, text(item['call_id']) || text(item['id']), item['arguments']);
  } else content.others.add(text(item['type']));
};

const readResponses: Reader = (content, payload) => {
  if (payload['type'] === 'response.output_item.done') readResponseItem(content, objectIn(payload['item']));
  for (const item of listIn(payload['output'])) readResponseItem(content, item);
};

const readAnthropicBlock = (content: RecordedContent, block: JsonObject, key: string): void => {
  content.text += block['type'] === 'text' ? text(block['text']) : '';
  content.thinking += text(block['thinking']);
  if (block['type'] !== 'tool_use') return;
  const isFilled = Object.keys(objectIn(block['input'])).length > 0;
  addArguments(content, key, isFilled ? block['input'] : '');
};

const readAnthropic: Reader = (content, payload) => {
  const key = String(payload['index']);
  for (const [index, block] of listIn(payload['content']).entries()) readAnthropicBlock(content, block, String(index));
  for (const [index, block] of listIn(objectIn(payload['message'])['content']).entries()) {
    readAnthropicBlock(content, block, `start ${index}`);
  }
  readAnthropicBlock(content, objectIn(payload['content_block']), key);
  const delta = objectIn(payload['delta']);
  content.text += delta['type'] === 'text_delta' ? text(delta['text']) : '';
  content.thinking += text(delta['thinking']);
  if (delta['type'] === 'input_json_delta' && content.calls.has(key)) addArguments(content, key, delta['partial_json']);
};

const readGemini: Reader = (content, payload) => {
  const candidate = listIn(payload['candidates']).find(({ index }) => (index ?? 0) === 0) ?? {};
  for (const part of listIn(objectIn(candidate['content'])['parts'])) {
    if (part['thought'] === true) content.thinking += text(part['text']);
    else content.text += text(part['text']);
    const call = objectIn(part['functionCall']);
    if (text(call['name']) !== '') addArguments(content, String(content.calls.size), call['args'] ?? '');
    for (const key of ['inlineData', 'executableCode', 'codeExecutionResult', 'fileData']) {
      if (part[key] !== undefined) content.others.add(key);
    }
  }
  for (const key of ['groundingMetadata', 'citationMetadata', 'urlContextMetadata']) {
    if (Object.keys(objectIn(candidate[key])).length > 0) content.others.add(key);
  }
};

const readConverseBlock = (content: RecordedContent, block: JsonObject, key: string): void => {
  const reasoning = objectIn(block['reasoningContent']);
  content.text += text(block['text']);
  content.thinking += text(reasoning['text']) + text(objectIn(reasoning['reasoningText'])['text']);
  if (isJsonObject(block['toolUse'])) addArguments(content, key, block['toolUse']['input'] ?? '');
  for (const part of listIn(objectIn(block['citationsContent'])['content'])) content.text += text(part['text']);
  if (block['citationsContent'] ?? block['citation'] ?? block['image'] ?? block['video']) content.others.add('media');
};

const readConverse: Reader = (content, payload) => {
  const whole = listIn(objectIn(objectIn(payload['output'])['message'])['content']);
  for (const [index, block] of whole.entries()) readConverseBlock(content, block, String(index));
  for (const [name, part] of [
    ['contentBlockStart', 'start'],
    ['contentBlockDelta', 'delta'],
  ] as const) {
    const event = objectIn(payload[name]);
    readConverseBlock(content, objectIn(event[part]), String(event['contentBlockIndex']));
  }
};

const readCohere: Reader = (content, payload) => {
  const message = objectIn(payload['message'] ?? objectIn(payload['delta'])['message']);
  const parts = Array.isArray(message['content']) ? listIn(message['content']) : [objectIn(message['content'])];
  content.text +=
    text(message['tool_plan']) + text(message['content']) + parts.map((part) => text(part['text'])).join('');
  content.thinking += parts.map((part) => text(part['thinking'])).join('');
  const calls = Array.isArray(message['tool_calls'])
    ? listIn(message['tool_calls'])
    : [objectIn(message['tool_calls'])];
  for (const [position, call] of calls.entries()) {
    if (!isJsonObject(call['function'])) continue;
    addArguments(content, String(payload['index'] ?? position), call['function']['arguments']);
  }
  const { citations } = message;
  if (Array.isArray(citations) ? citations.length > 0 : isJsonObject(citations)) content.others.add('citations');
};

const readStep = (content: RecordedContent, step: JsonObject, key: string): void => {
  const { type } = step;
  if (type === 'function_call' || type === 'arguments_delta') {
    const given = step['arguments'];
    addArguments(content, key, isJsonObject(given) && Object.keys(given).length === 0 ? '' : (given ?? ''));
  } else if (type === 'thought' || type === 'thought_summary') {
    const summary = step['summary'] ?? step['content'];
    content.thinking +=
      text(objectIn(summary)['text']) +
      listIn(summary)
        .map((one) => text(one['text']))
        .join('');
  } else if (type === 'model_output') {
    for (const part of listIn(step['content'])) readStep(content, part, key);
  } else if (type === 'text') content.text += text(step['text']);
  else if (type !== 'thought_signature' && type !== 'user_input' && type !== undefined) content.others.add(text(type));
};

const readInteractions: Reader = (content, payload) => {
  const key = String(payload['index']);
  readStep(content, objectIn(payload['step'] ?? payload['content'] ?? payload['delta']), key);
  for (const [index, step] of listIn(payload['steps'] ?? payload['outputs']).entries()) {
    readStep(content, step, String(index));
  }
};

const READERS: Readonly<Record<ReplyShape, Reader>> = {
  'anthropic-messages': readAnthropic,
  'bedrock-converse': readConverse,
  'cohere-chat': readCohere,
  gemini: readGemini,
  'gemini-interactions': readInteractions,
  'openai-chat': readChat,
  'openai-responses': readResponses,
};

/** Reads the events of a stream, or the one body of a whole reply. */
export function recordedContent(shape: ReplyShape, payloads: readonly JsonObject[]): RecordedContent {
  const content: RecordedContent = { text: '', thinking: '', calls: new Map(), others: new Set() };
  for (const payload of payloads) READERS[shape](content, payload);
  return content;
}
