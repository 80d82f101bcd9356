import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import { type Encoding, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeToolName } from '../tool-name.ts';

/** Tool fields that are carried over; `type: "custom"` says only that there is nothing more to say. */
const CARRIED_FIELDS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema']);

interface ChatTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description?: string; readonly parameters: JsonObject };
}

type CustomTool = Anthropic.Tool;

/** Tools that a server would have to run, or whose schema only Anthropic's models know, have no schema of their own. */
function isCustomTool(tool: CanonicalTool): tool is CustomTool {
  return 'input_schema' in tool && isJsonObject(tool.input_schema);
}

/** Servers refuse parameters that are not an object with properties; the Messages API lets both be left out. */
function encodeSchema(encoding: Encoding, schema: JsonObject, path: RequestPath): JsonObject {
  if (schema['type'] === 'object' && isJsonObject(schema['properties'])) return schema;
  lose(encoding, 'repaired', [...path, 'input_schema'], 'input_schema without type or properties');
  return { properties: {}, ...schema, type: 'object' };
}

function encodeTool(encoding: Encoding, tool: CustomTool, path: RequestPath): ChatTool {
  for (const [key, value] of Object.entries(tool)) {
    if (CARRIED_FIELDS.has(key) || value === null || value === undefined || value === false) continue;
    lose(
      encoding,
      'dropped',
      [...path, key],
      `tool field without a counterpart: ${key.replace(/[^a-z_]/g, '')}`.slice(0, 80),
    );
  }
  const name = encodeToolName(tool.name);
  if (name !== tool.name) lose(encoding, 'renamed', [...path, 'name'], 'tool name does not fit');
  const parameters = encodeSchema(encoding, tool.input_schema, path);
  const described = tool.description === undefined ? {} : { description: tool.description };
  return { type: 'function', function: { name, ...described, parameters } };
}

function encodeToolChoice(encoding: Encoding, choice: Anthropic.ToolChoice, tools: readonly ChatTool[]): unknown {
  switch (choice.type) {
    case 'auto':
      return 'auto';
    case 'none':
      return 'none';
    case 'any':
      return 'required';
    case 'tool': {
      const name = encodeToolName(choice.name);
      if (tools.some((tool) => tool.function.name === name)) return { type: 'function', function: { name } };
      lose(encoding, 'dropped', ['tool_choice'], 'tool_choice names a tool that cannot be sent');
      return 'auto';
    }
    default:
      lose(encoding, 'dropped', ['tool_choice'], 'tool_choice of a kind that is not known');
      return 'auto';
  }
}

/** `tools`, `tool_choice` and `parallel_tool_calls`; none of them without a tool, which servers refuse. */
export function encodeTools(encoding: Encoding, body: CanonicalBody): JsonObject {
  const tools: ChatTool[] = [];
  for (const [index, tool] of (body.tools ?? []).entries()) {
    const path = ['tools', index];
    if (isCustomTool(tool)) tools.push(encodeTool(encoding, tool, path));
    else lose(encoding, 'dropped', path, 'tool without input_schema, run by Anthropic or known to its models only');
  }
  const choice = body.tool_choice;
  if (tools.length === 0) {
    if (choice !== undefined && choice.type !== 'none' && choice.type !== 'auto') {
      lose(encoding, 'dropped', ['tool_choice'], 'tool_choice without a tool to choose');
    }
    return {};
  }
  const fields: JsonObject = { tools };
  if (choice === undefined) return fields;
  fields['tool_choice'] = encodeToolChoice(encoding, choice, tools);
  if ('disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true) {
    if (encoding.target.acceptsParallelToolCalls) fields['parallel_tool_calls'] = false;
    else lose(encoding, 'dropped', ['tool_choice', 'disable_parallel_tool_use'], 'parallel_tool_calls not accepted');
  }
  return fields;
}
