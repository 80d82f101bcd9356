import { isJsonObject, type JsonObject } from '../json-object.ts';

const MESSAGES_MAX = 100_000;
const ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

function contentFault(content: unknown, path: string): string | null {
  if (content === undefined || content === null || typeof content === 'string') return null;
  if (!Array.isArray(content)) return `Invalid type for '${path}': expected a string or an array of content parts.`;
  for (const [index, part] of content.entries()) {
    if (typeof part === 'string') continue;
    if (!isJsonObject(part) || typeof part['type'] !== 'string') {
      return `Invalid type for '${path}[${index}]': expected an object with a type.`;
    }
  }
  return null;
}

function callsFault(calls: unknown, path: string): string | null {
  if (calls === undefined || calls === null) return null;
  if (!Array.isArray(calls)) return `Invalid type for '${path}': expected an array.`;
  for (const [index, call] of calls.entries()) {
    if (!isJsonObject(call)) return `Invalid type for '${path}[${index}]': expected an object.`;
    if (typeof call['id'] !== 'string' || call['id'] === '') {
      return `Missing required parameter: '${path}[${index}].id'.`;
    }
    const called = call['function'] ?? call['custom'];
    if (isJsonObject(called) && typeof called['name'] !== 'string') {
      return `Missing required parameter: '${path}[${index}].function.name'.`;
    }
  }
  return null;
}

function messageFault(message: unknown, path: string): string | null {
  if (!isJsonObject(message)) return `Invalid type for '${path}': expected an object.`;
  const { role } = message;
  if (!ROLES.has(role)) return `Invalid value for '${path}.role': expected a known role.`;
  if (role === 'user' && (message['content'] === undefined || message['content'] === null)) {
    return `Missing required parameter: '${path}.content'.`;
  }
  if (role === 'tool' && (typeof message['tool_call_id'] !== 'string' || message['tool_call_id'] === '')) {
    return `Missing required parameter: '${path}.tool_call_id'.`;
  }
  return contentFault(message['content'], `${path}.content`) ?? callsFault(message['tool_calls'], `${path}.tool_calls`);
}

/** The first tool that has no name, for either notation of a function. */
export function toolsFault(tools: unknown, field: string): string | null {
  if (tools === undefined || tools === null) return null;
  if (!Array.isArray(tools)) return `Invalid type for '${field}': expected an array.`;
  for (const [index, tool] of tools.entries()) {
    if (!isJsonObject(tool)) return `Invalid type for '${field}[${index}]': expected an object.`;
    const called = isJsonObject(tool['function']) ? tool['function'] : tool;
    const isFunction = tool['type'] === 'function' || field === 'functions';
    if (isFunction && (typeof called['name'] !== 'string' || called['name'] === '')) {
      return `Missing required parameter: '${field}[${index}].name'.`;
    }
  }
  return null;
}

/** The faults of the fields that mean the same in both OpenAI formats. */
export function optionsFault(body: JsonObject, maxTokenFields: readonly string[]): string | null {
  for (const field of maxTokenFields) {
    const value = body[field];
    if (value !== undefined && value !== null && !(Number.isInteger(value) && Number(value) > 0)) {
      return `Invalid value for '${field}': expected a positive integer.`;
    }
  }
  for (const field of ['temperature', 'top_p']) {
    const value = body[field];
    if (value !== undefined && value !== null && typeof value !== 'number') {
      return `Invalid type for '${field}': expected a number.`;
    }
  }
  const { stream } = body;
  return stream === undefined || stream === null || typeof stream === 'boolean'
    ? null
    : "Invalid type for 'stream': expected a boolean.";
}

function stopFault(stop: unknown): string | null {
  if (stop === undefined || stop === null || typeof stop === 'string') return null;
  if (Array.isArray(stop) && stop.every((text) => typeof text === 'string')) return null;
  return "Invalid type for 'stop': expected a string or an array of strings.";
}

/** The first thing in a Chat Completions request that no codec could work with, in OpenAI's wording, or null. */
export function requestFault(body: JsonObject): string | null {
  const { model, messages } = body;
  if (typeof model !== 'string' || model === '') return 'you must provide a model parameter';
  if (!Array.isArray(messages) || messages.length === 0) return "Missing required parameter: 'messages'.";
  if (messages.length > MESSAGES_MAX) return `Invalid 'messages': at most ${MESSAGES_MAX} messages are accepted.`;
  for (const [index, message] of messages.entries()) {
    const fault = messageFault(message, `messages[${index}]`);
    if (fault !== null) return fault;
  }
  return (
    toolsFault(body['tools'], 'tools') ??
    toolsFault(body['functions'], 'functions') ??
    stopFault(body['stop']) ??
    optionsFault(body, ['max_tokens', 'max_completion_tokens'])
  );
}
