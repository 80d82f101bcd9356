import { lookUp } from '../../look-up.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { optionsFault, toolsFault } from '../openai-chat/request-faults.ts';

const ITEMS_MAX = 100_000;
const ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant']);
/** What the codecs rely on in each kind of item. Kinds that are not listed pass as they are. */
const TEXT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  function_call: ['call_id', 'name', 'arguments'],
  function_call_output: ['call_id'],
  custom_tool_call: ['call_id', 'name', 'input'],
  custom_tool_call_output: ['call_id'],
};

function contentFault(content: unknown, path: string): string | null {
  if (typeof content === 'string') return null;
  if (!Array.isArray(content)) return `Invalid type for '${path}': expected a string or an array of content parts.`;
  for (const [index, part] of content.entries()) {
    if (!isJsonObject(part) || typeof part['type'] !== 'string') {
      return `Invalid type for '${path}[${index}]': expected an object with a type.`;
    }
  }
  return null;
}

function itemFault(item: unknown, path: string): string | null {
  if (!isJsonObject(item)) return `Invalid type for '${path}': expected an object.`;
  const { type, role } = item;
  if (type === undefined || type === null || type === 'message') {
    if (!ROLES.has(role)) return `Invalid value for '${path}.role': expected a known role.`;
    return contentFault(item['content'], `${path}.content`);
  }
  if (typeof type !== 'string') return `Invalid type for '${path}.type': expected a string.`;
  for (const field of lookUp(TEXT_FIELDS, type) ?? []) {
    if (typeof item[field] !== 'string') return `Missing required parameter: '${path}.${field}'.`;
  }
  return type.endsWith('_call_output') && Object.hasOwn(TEXT_FIELDS, type)
    ? contentFault(item['output'], `${path}.output`)
    : null;
}

function inputFault(input: unknown): string | null {
  if (typeof input === 'string') return null;
  if (!Array.isArray(input)) return "Invalid type for 'input': expected a string or an array of input items.";
  if (input.length === 0) return "Missing required parameter: 'input'.";
  if (input.length > ITEMS_MAX) return `Invalid 'input': at most ${ITEMS_MAX} items are accepted.`;
  for (const [index, item] of input.entries()) {
    const fault = itemFault(item, `input[${index}]`);
    if (fault !== null) return fault;
  }
  return null;
}

/** What needs a store at the server, or an answer that nobody waits for. */
function statefulFault(body: JsonObject): string | null {
  if (body['background'] === true) return "Unsupported parameter: 'background': answers are given at once only.";
  if (isJsonObject(body['prompt'])) {
    return "Unsupported parameter: 'prompt': prompt templates are not stored here; send the text itself.";
  }
  return null;
}

/** The first thing in a Responses request that no codec could work with, in OpenAI's wording, or null. */
export function requestFault(body: JsonObject): string | null {
  const { model, instructions } = body;
  if (typeof model !== 'string' || model === '') return "Missing required parameter: 'model'.";
  if (instructions !== undefined && instructions !== null && typeof instructions !== 'string') {
    return "Invalid type for 'instructions': expected a string.";
  }
  return (
    statefulFault(body) ??
    inputFault(body['input']) ??
    toolsFault(body['tools'], 'tools') ??
    optionsFault(body, ['max_output_tokens'])
  );
}
