import type Anthropic from '@anthropic-ai/sdk';
import { lookUp } from '../../look-up.ts';
import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { decodeCustomTool, decodeOtherChoice } from './custom-tool.ts';

/** A function as either OpenAI format describes it. */
export function decodeFunction(called: JsonObject): CanonicalTool {
  const description = nonEmptyString(called['description']);
  const schema = isJsonObject(called['parameters']) ? called['parameters'] : { type: 'object', properties: {} };
  return {
    name: nonEmptyString(called['name']) ?? '',
    ...(description === null ? {} : { description }),
    // The schema is the client's; servers are the ones to judge it.
    input_schema: schema as Anthropic.Tool['input_schema'],
    ...(called['strict'] === true ? { strict: true } : {}),
  };
}

function decodeTool(decoding: Ledger, tool: unknown, path: RequestPath): CanonicalTool | null {
  if (isJsonObject(tool) && isJsonObject(tool['function'])) return decodeFunction(tool['function']);
  if (isJsonObject(tool) && isJsonObject(tool['custom'])) return decodeCustomTool(decoding, tool['custom'], path);
  lose(decoding, 'dropped', path, 'tool that is not a function');
  return null;
}

type Choice = Anthropic.ToolChoice;

/** A choice by name in either notation: `{ function: { name } }`, or the name beside the type. */
function decodeNamedChoice(decoding: Ledger, choice: JsonObject): Choice | null {
  const called = isJsonObject(choice['function']) ? choice['function'] : choice;
  const name = choice['type'] === 'function' || choice['type'] === undefined ? nonEmptyString(called['name']) : null;
  if (name !== null) return { type: 'tool', name };
  if (choice['type'] === 'allowed_tools') {
    const allowed = isJsonObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice;
    lose(decoding, 'approximated', ['tool_choice'], 'allowed_tools read as its mode over all tools');
    return { type: allowed['mode'] === 'required' ? 'any' : 'auto' };
  }
  const other = decodeOtherChoice(choice);
  if (other !== null && other !== undefined) return other;
  lose(decoding, 'dropped', ['tool_choice'], 'tool_choice of a kind that is not a function');
  return null;
}

const CHOICES: Readonly<Record<string, 'auto' | 'any' | 'none'>> = { auto: 'auto', required: 'any', none: 'none' };

/** `tool_choice` with `parallel_tool_calls`, which the Messages API says in the choice. */
export function decodeToolChoice(decoding: Ledger, body: JsonObject, hasTools: boolean): Choice | null {
  const given = body['tool_choice'];
  const named = isJsonObject(given) ? decodeNamedChoice(decoding, given) : null;
  const word = typeof given === 'string' ? lookUp(CHOICES, given) : undefined;
  const choice: Choice | null = named ?? (word === undefined ? null : { type: word });
  if (body['parallel_tool_calls'] !== false || !hasTools || choice?.type === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}

/** `tools`, or the older `functions`, with the choice among them. */
export function decodeTools(decoding: Ledger, body: JsonObject): Pick<CanonicalBody, 'tools' | 'tool_choice'> {
  const given = Array.isArray(body['tools']) ? body['tools'] : [];
  const tools = given.flatMap((tool: unknown, index) => decodeTool(decoding, tool, ['tools', index]) ?? []);
  const functions = Array.isArray(body['functions']) ? body['functions'] : [];
  for (const called of functions) if (isJsonObject(called)) tools.push(decodeFunction(called));
  const legacy = body['function_call'];
  const choiceBody =
    body['tool_choice'] === undefined && legacy !== undefined ? { ...body, tool_choice: legacy } : body;
  const choice = decodeToolChoice(decoding, choiceBody, tools.length > 0);
  return {
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
  };
}
