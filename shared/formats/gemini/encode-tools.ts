import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody } from '../canonical.ts';
import {
  canChoose,
  customTools,
  encodePlacedName,
  forbidsParallelCalls,
  noteChoiceWithoutTools,
  noteToolFields,
  type PlacedTool,
} from '../custom-tools.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { encodeParameters } from './encode-parameters.ts';
import { encodeGeminiToolName } from './tool-name.ts';

interface FunctionDeclaration {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: JsonObject;
}

function encodeTool(encoding: Encoding, placed: PlacedTool): FunctionDeclaration {
  const { tool, path } = placed;
  noteToolFields(encoding, placed);
  const name = encodePlacedName(encoding, tool.name, path, encodeGeminiToolName);
  const parameters = encodeParameters(encoding, tool.input_schema, [...path, 'input_schema']);
  return {
    name,
    ...((tool.description ?? '') === '' ? {} : { description: tool.description }),
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
      const sent = tools.map((tool) => tool.name);
      return canChoose(encoding, name, sent) ? { mode: 'ANY', allowedFunctionNames: [name] } : { mode: 'AUTO' };
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
  if (forbidsParallelCalls(choice)) {
    const path = ['tool_choice', 'disable_parallel_tool_use'];
    lose(encoding, 'dropped', path, 'parallel calls cannot be switched off');
  }
  const config = { ...(choice === undefined ? {} : encodeToolChoice(encoding, choice, tools)), ...streaming };
  return Object.keys(config).length === 0 ? null : { functionCallingConfig: config };
}

/** `tools` and `toolConfig`; the second without a tool is refused. */
export function encodeTools(encoding: Encoding, body: CanonicalBody): JsonObject {
  const tools = customTools(encoding, body.tools ?? []).map((placed) => encodeTool(encoding, placed));
  if (tools.length === 0) {
    noteChoiceWithoutTools(encoding, body.tool_choice);
    return {};
  }
  const toolConfig = encodeToolConfig(encoding, body, tools);
  return { tools: [{ functionDeclarations: tools }], ...(toolConfig === null ? {} : { toolConfig }) };
}
