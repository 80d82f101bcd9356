import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import { type Encoding, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeParameters } from './encode-parameters.ts';
import { encodeGeminiToolName } from './tool-name.ts';

/** Tool fields that are carried over; `type: "custom"` says only that there is nothing more to say. */
const CARRIED_FIELDS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema']);

interface FunctionDeclaration {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: JsonObject;
}

/** Tools that a server would have to run, or whose schema only Anthropic's models know, have no schema of their own. */
function isCustomTool(tool: CanonicalTool): tool is Anthropic.Tool {
  return 'input_schema' in tool && isJsonObject(tool.input_schema);
}

function encodeTool(encoding: Encoding, tool: Anthropic.Tool, path: RequestPath): FunctionDeclaration {
  for (const [key, value] of Object.entries(tool)) {
    if (CARRIED_FIELDS.has(key) || value === null || value === undefined || value === false) continue;
    const detail = `tool field without a counterpart: ${key.replace(/[^a-z_]/g, '')}`;
    lose(encoding, 'dropped', [...path, key], detail.slice(0, 80));
  }
  const name = encodeGeminiToolName(tool.name);
  if (name !== tool.name) lose(encoding, 'renamed', [...path, 'name'], 'tool name does not fit');
  const parameters = encodeParameters(encoding, tool.input_schema, [...path, 'input_schema']);
  return {
    name,
    ...(tool.description === undefined || tool.description === '' ? {} : { description: tool.description }),
    ...(parameters === null ? {} : { parameters }),
  };
}

function encodeToolChoice(
  encoding: Encoding,
  choice: Anthropic.ToolChoice,
  tools: readonly FunctionDeclaration[],
): JsonObject {
  switch (choice.type) {
    case 'auto':
      return { mode: 'AUTO' };
    case 'none':
      return { mode: 'NONE' };
    case 'any':
      return { mode: 'ANY' };
    case 'tool': {
      const name = encodeGeminiToolName(choice.name);
      if (tools.some((tool) => tool.name === name)) return { mode: 'ANY', allowedFunctionNames: [name] };
      lose(encoding, 'dropped', ['tool_choice'], 'tool_choice names a tool that cannot be sent');
      return { mode: 'AUTO' };
    }
    default:
      lose(encoding, 'dropped', ['tool_choice'], 'tool_choice of a kind that is not known');
      return { mode: 'AUTO' };
  }
}

function encodeToolConfig(
  encoding: Encoding,
  body: CanonicalBody,
  tools: readonly FunctionDeclaration[],
): JsonObject | null {
  const choice = body.tool_choice;
  const streaming =
    body.stream === true && encoding.target.streamsFunctionArguments ? { streamFunctionCallArguments: true } : {};
  if (choice !== undefined && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true) {
    const path = ['tool_choice', 'disable_parallel_tool_use'];
    lose(encoding, 'dropped', path, 'parallel calls cannot be switched off');
  }
  const config = { ...(choice === undefined ? {} : encodeToolChoice(encoding, choice, tools)), ...streaming };
  return Object.keys(config).length === 0 ? null : { functionCallingConfig: config };
}

/** `tools` and `toolConfig`; the second without a tool is refused. */
export function encodeTools(encoding: Encoding, body: CanonicalBody): JsonObject {
  const tools: FunctionDeclaration[] = [];
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
  const toolConfig = encodeToolConfig(encoding, body, tools);
  return { tools: [{ functionDeclarations: tools }], ...(toolConfig === null ? {} : { toolConfig }) };
}
