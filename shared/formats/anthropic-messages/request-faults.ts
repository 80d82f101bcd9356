import { isJsonObject, type JsonObject } from '../json-object.ts';

/** Finds the first fault of a value, as a sentence that begins with where it is; null when there is none. */
type Check = (value: unknown, path: string) => string | null;

const MESSAGES_MAX = 100_000;

const isText: Check = (value, path) => (typeof value === 'string' ? null : `${path}: must be a string`);
const isObject: Check = (value, path) => (isJsonObject(value) ? null : `${path}: must be an object`);

/** What the codecs rely on in each kind of block. Kinds that are not listed pass as they are. */
const BLOCK_CHECKS: Readonly<Record<string, (block: JsonObject, path: string) => string | null>> = {
  text: (block, path) => isText(block['text'], `${path}.text`),
  thinking: (block, path) => isText(block['thinking'], `${path}.thinking`),
  image: (block, path) => sourceFault(block['source'], `${path}.source`),
  document: (block, path) => documentFault(block, path),
  search_result: (block, path) => contentFault(block['content'], `${path}.content`),
  tool_reference: (block, path) => isText(block['tool_name'], `${path}.tool_name`),
  tool_use: (block, path) => isText(block['id'], `${path}.id`) ?? isText(block['name'], `${path}.name`),
  tool_result: (block, path) => {
    const fault = isText(block['tool_use_id'], `${path}.tool_use_id`);
    if (fault !== null || block['content'] === undefined || block['content'] === null) return fault;
    return contentFault(block['content'], `${path}.content`);
  },
};

/** The texts that each kind of source has. */
const SOURCE_TEXTS: Readonly<Record<string, readonly string[]>> = {
  base64: ['media_type', 'data'],
  text: ['data'],
  url: ['url'],
  file: ['file_id'],
};

function sourceFault(source: unknown, path: string): string | null {
  if (!isJsonObject(source)) return `${path}: must be an object`;
  const { type } = source;
  if (typeof type !== 'string') return `${path}.type: must be a string`;
  const fields = Object.hasOwn(SOURCE_TEXTS, type) ? (SOURCE_TEXTS[type] ?? []) : [];
  const field = fields.find((name) => typeof source[name] !== 'string');
  return field === undefined ? null : `${path}.${field}: must be a string`;
}

function optionalTextFault(value: JsonObject, fields: readonly string[], path: string): string | null {
  const field = fields.find((name) => !['string', 'undefined'].includes(typeof value[name]) && value[name] !== null);
  return field === undefined ? null : `${path}.${field}: must be a string`;
}

function documentFault(block: JsonObject, path: string): string | null {
  const source = block['source'];
  const fault = sourceFault(source, `${path}.source`) ?? optionalTextFault(block, ['title', 'context'], path);
  if (fault !== null || !isJsonObject(source)) return fault;
  return source['type'] === 'content' ? contentFault(source['content'], `${path}.source.content`) : null;
}

function blockFault(block: unknown, path: string): string | null {
  if (!isJsonObject(block)) return `${path}: must be an object`;
  const { type } = block;
  if (typeof type !== 'string') return `${path}.type: must be a string`;
  return Object.hasOwn(BLOCK_CHECKS, type) ? (BLOCK_CHECKS[type]?.(block, path) ?? null) : null;
}

function firstFault(values: readonly unknown[], path: string, check: Check): string | null {
  for (const [index, value] of values.entries()) {
    const fault = check(value, `${path}.${index}`);
    if (fault !== null) return fault;
  }
  return null;
}

function contentFault(content: unknown, path: string): string | null {
  if (typeof content === 'string') return null;
  return Array.isArray(content)
    ? firstFault(content, path, blockFault)
    : `${path}: must be a string or a list of blocks`;
}

const messageFault: Check = (message, path) => {
  if (!isJsonObject(message)) return `${path}: must be an object`;
  const { role } = message;
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    return `${path}.role: must be "user", "assistant" or "system"`;
  }
  return contentFault(message['content'], `${path}.content`);
};

const systemBlockFault: Check = (block, path) =>
  isJsonObject(block) ? isText(block['text'], `${path}.text`) : `${path}: must be an object`;

const toolFault: Check = (tool, path) => {
  if (!isJsonObject(tool)) return `${path}: must be an object`;
  if (!('input_schema' in tool)) return null;
  return isText(tool['name'], `${path}.name`) ?? optionalTextFault(tool, ['description'], path);
};

function systemFault(system: unknown): string | null {
  if (system === undefined || system === null || typeof system === 'string') return null;
  return Array.isArray(system) ? firstFault(system, 'system', systemBlockFault) : 'system: must be a string or a list';
}

function optionsFault(body: JsonObject): string | null {
  const choice = body['tool_choice'];
  if (choice !== undefined && choice !== null && !(isJsonObject(choice) && typeof choice['type'] === 'string')) {
    return 'tool_choice.type: must be a string';
  }
  if (isJsonObject(choice) && choice['type'] === 'tool' && typeof choice['name'] !== 'string') {
    return 'tool_choice.name: must be a string';
  }
  for (const key of ['thinking', 'output_config']) {
    const fault = body[key] === undefined || body[key] === null ? null : isObject(body[key], key);
    if (fault !== null) return fault;
  }
  const stops = body['stop_sequences'];
  if (stops !== undefined && stops !== null) {
    if (!Array.isArray(stops)) return 'stop_sequences: must be a list';
    const fault = firstFault(stops, 'stop_sequences', isText);
    if (fault !== null) return fault;
  }
  const maxTokens = body['max_tokens'];
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && Number(maxTokens) > 0)) {
    return 'max_tokens: must be a positive integer';
  }
  return null;
}

/**
 * The first thing in a Messages request that no codec could work with, worded as the API words it; null when there is
 * none. By hand, because a schema would copy every body: this runs on each call, over hundreds of kilobytes.
 */
export function requestFault(body: JsonObject): string | null {
  const { model, messages, tools } = body;
  if (typeof model !== 'string' || model === '') return 'model: must be a non-empty string';
  if (!Array.isArray(messages) || messages.length === 0) return 'messages: at least one message is required';
  if (messages.length > MESSAGES_MAX) return `messages: at most ${MESSAGES_MAX} messages are accepted`;
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) return 'tools: must be a list';
  return (
    firstFault(messages, 'messages', messageFault) ??
    systemFault(body['system']) ??
    (Array.isArray(tools) ? firstFault(tools, 'tools', toolFault) : null) ??
    optionsFault(body)
  );
}
