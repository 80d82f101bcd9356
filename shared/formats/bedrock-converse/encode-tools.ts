import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import { lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeToolName } from '../tool-name.ts';
import type { ConverseCachePoint } from './converse-request.ts';
import { cachePointAfter, type Encoding } from './encoding.ts';

/** Tool fields that are carried over; `type: "custom"` says only that there is nothing more to say. */
const CARRIED_FIELDS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema', 'cache_control']);

interface ConverseTool {
  readonly toolSpec: {
    readonly name: string;
    readonly description?: string;
    readonly inputSchema: { readonly json: JsonObject };
  };
}

/** Tools that a server would have to run, or whose schema only Anthropic's models know, have no schema of their own. */
function isCustomTool(tool: CanonicalTool): tool is Anthropic.Tool {
  return 'input_schema' in tool && isJsonObject(tool.input_schema);
}

/** Whether tools go upstream at all: some can, and the client does not forbid their use. */
export function sendsTools(body: CanonicalBody): boolean {
  return body.tool_choice?.type !== 'none' && (body.tools ?? []).some(isCustomTool);
}

function encodeSchema(encoding: Encoding, schema: JsonObject, path: RequestPath): JsonObject {
  const isObject = schema['type'] === 'object' && isJsonObject(schema['properties']);
  if (!isObject) lose(encoding, 'repaired', [...path, 'input_schema'], 'input_schema without type or properties');
  const whole: JsonObject = isObject ? schema : { properties: {}, ...schema, type: 'object' };
  const { schemaKeys } = encoding.traits;
  if (schemaKeys === undefined || Object.keys(whole).every((key) => schemaKeys.includes(key))) return whole;
  lose(encoding, 'approximated', [...path, 'input_schema'], 'keys at the top of a schema that this model refuses');
  return Object.fromEntries(Object.entries(whole).filter(([key]) => schemaKeys.includes(key)));
}

function encodeTool(encoding: Encoding, tool: Anthropic.Tool, path: RequestPath): ConverseTool {
  for (const [key, value] of Object.entries(tool)) {
    if (CARRIED_FIELDS.has(key) || value === null || value === undefined || value === false) continue;
    const detail = `tool field without a counterpart: ${key.replace(/[^a-z_]/g, '')}`;
    lose(encoding, 'dropped', [...path, key], detail.slice(0, 80));
  }
  const name = encodeToolName(tool.name);
  if (name !== tool.name) lose(encoding, 'renamed', [...path, 'name'], 'tool name does not fit');
  const { description } = tool;
  const described = description === undefined || description.trim() === '' ? {} : { description };
  return { toolSpec: { name, ...described, inputSchema: { json: encodeSchema(encoding, tool.input_schema, path) } } };
}

function encodeToolChoice(encoding: Encoding, choice: Anthropic.ToolChoice, names: readonly string[]): JsonObject {
  const path = ['tool_choice'];
  if (choice.type !== 'any' && choice.type !== 'tool') return {};
  if (!encoding.traits.toolChoices.includes(choice.type)) {
    lose(encoding, 'approximated', path, `model takes no tool choice of type ${choice.type}; left to the model`);
    return {};
  }
  if (choice.type === 'any') return { toolChoice: { any: {} } };
  const name = encodeToolName(choice.name);
  if (names.includes(name)) return { toolChoice: { tool: { name } } };
  lose(encoding, 'dropped', path, 'tool_choice names a tool that cannot be sent');
  return {};
}

function noteUnsentTools(encoding: Encoding, body: CanonicalBody): void {
  const { type } = body.tool_choice ?? {};
  const count = body.tools?.length ?? 0;
  if (type === 'none' && count > 0) {
    // Converse has no choice that forbids, and a model cannot call what it does not know.
    lose(encoding, 'approximated', ['tool_choice'], 'tools left out, because none may be used');
  }
  if (type === 'any' || type === 'tool') {
    lose(encoding, 'dropped', ['tool_choice'], 'tool_choice without a tool to choose');
  }
}

/** `toolConfig`, or nothing when there is no tool to send: Converse refuses an empty list. */
export function encodeTools(encoding: Encoding, body: CanonicalBody): JsonObject {
  const choice = body.tool_choice;
  const tools: (ConverseTool | ConverseCachePoint)[] = [];
  const names: string[] = [];
  for (const [index, tool] of (body.tools ?? []).entries()) {
    const path = ['tools', index];
    if (!isCustomTool(tool)) {
      lose(encoding, 'dropped', path, 'tool without input_schema, run by Anthropic or known to its models only');
    } else if (encoding.hasTools) {
      const encoded = encodeTool(encoding, tool, path);
      names.push(encoded.toolSpec.name);
      tools.push(encoded, ...cachePointAfter(encoding, tool, 'tools', path));
    }
  }
  if (!encoding.hasTools) {
    noteUnsentTools(encoding, body);
    return {};
  }
  if (choice !== undefined && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true) {
    lose(encoding, 'dropped', ['tool_choice', 'disable_parallel_tool_use'], 'parallel calls cannot be forbidden');
  }
  return { toolConfig: { tools, ...(choice === undefined ? {} : encodeToolChoice(encoding, choice, names)) } };
}
