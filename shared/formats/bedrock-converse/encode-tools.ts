import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody } from '../canonical.ts';
import {
  canChoose,
  customTools,
  encodePlacedName,
  forbidsParallelCalls,
  isCustomTool,
  noteChoiceWithoutTools,
  noteToolFields,
  type PlacedTool,
  withObjectSchema,
} from '../custom-tools.ts';
import { lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { encodeToolName } from '../tool-name.ts';
import type { ConverseCachePoint } from './converse-request.ts';
import { cachePointAfter, type Encoding } from './encoding.ts';

interface ConverseTool {
  readonly toolSpec: {
    readonly name: string;
    readonly description?: string;
    readonly inputSchema: { readonly json: JsonObject };
  };
}

/** Whether tools go upstream at all: some can, and the client does not forbid their use. */
export function sendsTools(body: CanonicalBody): boolean {
  return body.tool_choice?.type !== 'none' && (body.tools ?? []).some(isCustomTool);
}

function encodeSchema(encoding: Encoding, placed: PlacedTool): JsonObject {
  const whole = withObjectSchema(encoding, placed);
  const { schemaKeys } = encoding.traits;
  if (schemaKeys === undefined || Object.keys(whole).every((key) => schemaKeys.includes(key))) return whole;
  const path = [...placed.path, 'input_schema'];
  lose(encoding, 'approximated', path, 'keys at the top of a schema that this model refuses');
  return Object.fromEntries(Object.entries(whole).filter(([key]) => schemaKeys.includes(key)));
}

function encodeTool(encoding: Encoding, placed: PlacedTool): ConverseTool {
  const { tool, path } = placed;
  noteToolFields(encoding, placed, ['cache_control']);
  const name = encodePlacedName(encoding, tool.name, path);
  const { description } = tool;
  const described = typeof description !== 'string' || description.trim() === '' ? {} : { description };
  return { toolSpec: { name, ...described, inputSchema: { json: encodeSchema(encoding, placed) } } };
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
  return canChoose(encoding, name, names) ? { toolChoice: { tool: { name } } } : {};
}

function noteUnsentTools(encoding: Encoding, body: CanonicalBody): void {
  const count = body.tools?.length ?? 0;
  if (body.tool_choice?.type === 'none' && count > 0) {
    // Converse has no choice that forbids, and a model cannot call what it does not know.
    lose(encoding, 'approximated', ['tool_choice'], 'tools left out, because none may be used');
  }
  noteChoiceWithoutTools(encoding, body.tool_choice);
}

/** `toolConfig`, or nothing when there is no tool to send: Converse refuses an empty list. */
export function encodeTools(encoding: Encoding, body: CanonicalBody): JsonObject {
  const choice = body.tool_choice;
  const placed = customTools(encoding, body.tools ?? []);
  if (!encoding.hasTools) {
    noteUnsentTools(encoding, body);
    return {};
  }
  const tools: (ConverseTool | ConverseCachePoint)[] = [];
  const names: string[] = [];
  for (const one of placed) {
    const encoded = encodeTool(encoding, one);
    names.push(encoded.toolSpec.name);
    tools.push(encoded, ...cachePointAfter(encoding, one.tool, 'tools', one.path));
  }
  if (forbidsParallelCalls(choice)) {
    lose(encoding, 'dropped', ['tool_choice', 'disable_parallel_tool_use'], 'parallel calls cannot be forbidden');
  }
  return { toolConfig: { tools, ...(choice === undefined ? {} : encodeToolChoice(encoding, choice, names)) } };
}
