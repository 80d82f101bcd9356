import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody, CanonicalTool } from './canonical.ts';
import { type Encoding, lose, type RequestPath } from './encoding.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { unreadField } from './request-options.ts';
import { encodeToolName } from './tool-name.ts';

/** Tool fields that are carried over; `type: "custom"` says only that there is nothing more to say. */
const CARRIED_FIELDS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema']);

export interface PlacedTool {
  readonly tool: Anthropic.Tool;
  readonly path: RequestPath;
}

/** Tools that a server would have to run, or whose schema only Anthropic's models know, have no schema of their own. */
export function isCustomTool(tool: CanonicalTool): tool is Anthropic.Tool {
  return 'input_schema' in tool && isJsonObject(tool.input_schema);
}

/** The tools that can be sent. */
export function customTools(encoding: Encoding, tools: readonly CanonicalTool[]): readonly PlacedTool[] {
  return tools.flatMap((tool, index) => {
    const path = ['tools', index];
    if (isCustomTool(tool)) return { tool, path };
    lose(encoding, 'dropped', path, 'tool without input_schema, run by Anthropic or known to its models only');
    return [];
  });
}

/** Notes the fields of a tool that go nowhere; `own` are those that the format carries beside the usual ones. */
export function noteToolFields(encoding: Encoding, { tool, path }: PlacedTool, own: readonly string[] = []): void {
  for (const [key, value] of Object.entries(tool)) {
    if (CARRIED_FIELDS.has(key) || own.includes(key)) continue;
    if (value === null || value === undefined || value === false) continue;
    lose(encoding, 'dropped', [...path, key], unreadField('tool field', key));
  }
}

/** The name to send upstream of a tool, or of a call, at `path`. */
export function encodePlacedName(
  encoding: Encoding,
  name: string,
  path: RequestPath,
  shorten: typeof encodeToolName = encodeToolName,
): string {
  const encoded = shorten(name);
  if (encoded !== name) lose(encoding, 'renamed', [...path, 'name'], 'tool name does not fit');
  return encoded;
}

/** Servers refuse parameters that are not an object with properties; the Messages API lets both be left out. */
export function withObjectSchema(encoding: Encoding, { tool, path }: PlacedTool): JsonObject {
  const schema: JsonObject = tool.input_schema;
  if (schema['type'] === 'object' && isJsonObject(schema['properties'])) return schema;
  lose(encoding, 'repaired', [...path, 'input_schema'], 'input_schema without type or properties');
  return { properties: {}, ...schema, type: 'object' };
}

/** Notes a choice among tools where none is sent. */
export function noteChoiceWithoutTools(encoding: Encoding, choice: CanonicalBody['tool_choice']): void {
  if (choice?.type === 'any' || choice?.type === 'tool') {
    lose(encoding, 'dropped', ['tool_choice'], 'tool_choice without a tool to choose');
  }
}

/** Whether a choice by name can be kept: only of a tool that is sent. */
export function canChoose(encoding: Encoding, name: string, sent: readonly string[]): boolean {
  if (sent.includes(name)) return true;
  lose(encoding, 'dropped', ['tool_choice'], 'tool_choice names a tool that cannot be sent');
  return false;
}

export function forbidsParallelCalls(choice: CanonicalBody['tool_choice']): boolean {
  return choice !== undefined && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true;
}
