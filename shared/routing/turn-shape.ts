import {
  formatTurnShape,
  type InputSize,
  type ToolComplexity,
  type TurnPhase,
  type TurnShape,
} from '#shared/domain/turn-shape.ts';

/** The part of a Messages request body that decides its turn shape. */
export interface TurnShapeRequest {
  readonly messages: readonly ShapedMessage[];
  readonly tools?: readonly object[] | undefined;
  readonly tool_choice?:
    | { readonly type: string; readonly name?: string; readonly disable_parallel_tool_use?: boolean | undefined }
    | null
    | undefined;
}

interface ShapedMessage {
  readonly role: string;
  readonly content: string | readonly { readonly type: string }[];
}

/** Upper bounds in tokens, inclusive, of all sizes but the last. */
const INPUT_SIZE_BOUNDS: readonly (readonly [InputSize, number])[] = [
  ['4k', 4_000],
  ['16k', 16_000],
  ['64k', 64_000],
  ['200k', 200_000],
];

/** Names of tools that change files, in the coding agents we know; compared in lower case without `_` and `-`. */
const EDITING_TOOL =
  /^(edit|multiedit|write|notebookedit|applypatch|strreplace.*|createfile|editfile|writefile|patch)$/;

/** Schemas are the client's text; deeper than this they count as nested without looking further. */
const SCHEMA_DEPTH_MAX = 8;

/**
 * The turn shape (version 1) of a request, by the first rule that holds in each dimension.
 *
 * Input size, from the estimate of input tokens: `4k` up to 4,000, `16k` up to 16,000, `64k` up to 64,000, `200k` up to
 * 200,000, else `more`.
 *
 * Tools, where *on offer* are the request's tools, or only the one that `tool_choice` forces:
 * 1. `none`: no tool is on offer, or `tool_choice` is `none`;
 * 2. `parallel`: parallel use is not disabled, and the latest assistant turn that called tools called two or more;
 * 3. `nested`: that turn gave a tool an object, or a list of objects, as an argument; before any tool was called, at
 *    least half of the tools on offer take such an argument;
 * 4. `single`: one tool is on offer;
 * 5. `multi`: otherwise.
 * Tools actually used outrank those on offer, because agents offer the same two dozen tools on every turn.
 *
 * Phase, over the messages after the last one in which the user speaks (a user message without tool results):
 * 1. `edit`: the assistant has called a tool that changes files;
 * 2. `followup`: the last message brings tool results;
 * 3. `plan`: otherwise, which is every turn that opens with the user's own words.
 */
export function turnShapeOf(request: TurnShapeRequest, inputTokensEstimate: number): TurnShape {
  return formatTurnShape({
    inputSize: inputSizeOf(inputTokensEstimate),
    tools: toolComplexityOf(request),
    phase: phaseOf(request.messages),
  });
}

function inputSizeOf(tokens: number): InputSize {
  return INPUT_SIZE_BOUNDS.find(([, bound]) => tokens <= bound)?.[0] ?? 'more';
}

function toolComplexityOf(request: TurnShapeRequest): ToolComplexity {
  const choice = request.tool_choice;
  const tools = (request.tools ?? []).filter(
    (tool) => choice?.type !== 'tool' || !('name' in tool) || tool.name === choice.name,
  );
  if (tools.length === 0 || choice?.type === 'none') return 'none';
  const used = latestToolUses(request.messages);
  if (used.length > 1 && choice?.disable_parallel_tool_use !== true) return 'parallel';
  if (used.length > 0 ? used.some(hasNestedInput) : mostAreNested(tools)) return 'nested';
  return tools.length === 1 ? 'single' : 'multi';
}

function phaseOf(messages: readonly ShapedMessage[]): TurnPhase {
  const spoken = messages.findLastIndex((message) => message.role === 'user' && !bringsToolResults(message));
  const since = messages.slice(spoken + 1);
  if (since.some((message) => toolUsesOf(message).some(isEditing))) return 'edit';
  const last = since.at(-1);
  return last !== undefined && bringsToolResults(last) ? 'followup' : 'plan';
}

function latestToolUses(messages: readonly ShapedMessage[]): object[] {
  const turn = messages.findLast((message) => toolUsesOf(message).length > 0);
  return turn === undefined ? [] : toolUsesOf(turn);
}

function toolUsesOf(message: ShapedMessage): object[] {
  if (message.role !== 'assistant' || !Array.isArray(message.content)) return [];
  return message.content.filter((block) => block.type === 'tool_use');
}

function bringsToolResults(message: ShapedMessage): boolean {
  if (message.role !== 'user' || !Array.isArray(message.content)) return false;
  return message.content.some((block) => block.type === 'tool_result');
}

function isEditing(toolUse: object): boolean {
  if (!('name' in toolUse) || typeof toolUse.name !== 'string') return false;
  return EDITING_TOOL.test(toolUse.name.toLowerCase().replaceAll(/[_-]/g, ''));
}

function hasNestedInput(toolUse: object): boolean {
  if (!('input' in toolUse) || !isRecord(toolUse.input)) return false;
  return Object.values(toolUse.input).some((value) => (Array.isArray(value) ? value.some(isRecord) : isRecord(value)));
}

function mostAreNested(tools: readonly object[]): boolean {
  const nested = tools.filter((tool) => 'input_schema' in tool && takesNestedArgument(tool.input_schema));
  return nested.length * 2 >= tools.length;
}

function takesNestedArgument(schema: unknown): boolean {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) && Object.values(properties).some((property) => describesObject(property, 0));
}

/** Whether a schema admits an object or a list that holds one; alternatives count when any of them does. */
function describesObject(schema: unknown, depth: number): boolean {
  if (!isRecord(schema)) return false;
  if (depth > SCHEMA_DEPTH_MAX) return true;
  if (isRecord(schema['properties']) || schema['type'] === 'object') return true;
  const inner = [schema['items'], schema['anyOf'], schema['oneOf'], schema['allOf']].flat();
  return inner.some((part) => describesObject(part, depth + 1));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
