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
  withObjectSchema,
} from '../custom-tools.ts';
import { onceForKnownTools } from '../encode-known-tools.ts';
import { type Encoding, lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { encodeToolName } from '../tool-name.ts';
import { thinksInsteadOfCalling } from './encode-reasoning.ts';
import { isStrictSchema } from './strict-schema.ts';

interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters: JsonObject;
    readonly strict?: true;
  };
}

/** OpenAI alone takes `strict`, and refuses it where the schema leaves anything open. */
function canBeStrict(encoding: Encoding, { tool }: PlacedTool): boolean {
  return tool.strict === true && encoding.target.acceptsOpenaiExtras && isStrictSchema(tool.input_schema);
}

function encodeTool(encoding: Encoding, placed: PlacedTool): ChatTool {
  const { tool, path } = placed;
  const isStrict = canBeStrict(encoding, placed);
  noteToolFields(encoding, placed, isStrict ? ['strict'] : []);
  const name = encodePlacedName(encoding, tool.name, path);
  const parameters = withObjectSchema(encoding, placed);
  const described = typeof tool.description === 'string' ? { description: tool.description } : {};
  return { type: 'function', function: { name, ...described, parameters, ...(isStrict ? { strict: true } : {}) } };
}

const encodeToolList = onceForKnownTools((encoding, tools) =>
  customTools(encoding, tools).map((placed) => encodeTool(encoding, placed)),
);

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
      const sent = tools.map((tool) => tool.function.name);
      return canChoose(encoding, name, sent) ? { type: 'function', function: { name } } : 'auto';
    }
    default:
      lose(encoding, 'dropped', ['tool_choice'], 'tool_choice of a kind that is not known');
      return 'auto';
  }
}

/** For servers that ignore the choice: without tools none can be called, and a forced call can only be hoped for. */
function withoutToolChoice(encoding: Encoding, choice: Anthropic.ToolChoice, tools: readonly ChatTool[]): JsonObject {
  if (forbidsParallelCalls(choice)) {
    lose(encoding, 'dropped', ['tool_choice', 'disable_parallel_tool_use'], 'parallel_tool_calls not accepted');
  }
  if (choice.type === 'auto') return { tools };
  if (choice.type === 'none') {
    lose(encoding, 'approximated', ['tool_choice'], 'tools left out so that none is called');
    return {};
  }
  lose(encoding, 'dropped', ['tool_choice'], 'target takes no tool_choice');
  return { tools };
}

/** `tools`, `tool_choice` and `parallel_tool_calls`; none of them without a tool, which servers refuse. */
export function encodeTools(encoding: Encoding, body: CanonicalBody): JsonObject {
  const tools = encodeToolList(encoding, body.tools ?? []);
  const choice = body.tool_choice;
  if (tools.length === 0) {
    noteChoiceWithoutTools(encoding, choice);
    return {};
  }
  if (choice === undefined) return { tools };
  if (encoding.target.toolChoice === 'none') return withoutToolChoice(encoding, choice, tools);
  const fields: JsonObject = { tools, tool_choice: encodeToolChoice(encoding, choice, tools) };
  if (thinksInsteadOfCalling(encoding, body)) {
    lose(encoding, 'approximated', ['tool_choice'], 'target forces no call while it thinks');
    fields['tool_choice'] = 'auto';
  }
  if (forbidsParallelCalls(choice)) {
    if (encoding.target.acceptsParallelToolCalls) fields['parallel_tool_calls'] = false;
    else lose(encoding, 'dropped', ['tool_choice', 'disable_parallel_tool_use'], 'parallel_tool_calls not accepted');
  }
  return fields;
}
