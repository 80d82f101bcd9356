import type { CanonicalBody } from '../canonical.ts';
import { type Encoding, lose } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeTools as encodeChatTools } from '../openai-chat/encode-tools.ts';
import { isStrictSchema } from '../openai-chat/strict-schema.ts';
import { encodeToolName } from '../tool-name.ts';

interface Strictness {
  readonly body: CanonicalBody;
  /** Names of the tools that are strict. */
  readonly strict: ReadonlySet<string>;
}

/** Takes strictness out of the tools: every function of this API says whether it is strict. */
function readStrictness(encoding: Encoding, body: CanonicalBody): Strictness {
  const strict = new Set<string>();
  const tools = (body.tools ?? []).map((tool, index) => {
    if (!('strict' in tool) || !('input_schema' in tool)) return tool;
    const { strict: isStrict, ...rest } = tool;
    if (isStrict !== true) return rest;
    if (isStrictSchema(tool.input_schema)) strict.add(encodeToolName(tool.name));
    else lose(encoding, 'dropped', ['tools', index, 'strict'], 'schema does not fit strict mode');
    return rest;
  });
  return { body: body.tools === undefined ? body : { ...body, tools }, strict };
}

/** A function where Chat Completions nests it, written flat; a choice of one, too. */
function flatten(value: unknown, more: object = {}): unknown {
  return isJsonObject(value) && isJsonObject(value['function'])
    ? { type: 'function', ...value['function'], ...more }
    : value;
}

/**
 * `tools`, `tool_choice` and `parallel_tool_calls`, which differ from those of Chat Completions in their nesting, and in
 * that a function is strict unless it says that it is not.
 */
export function encodeTools(encoding: Encoding, canonicalBody: CanonicalBody): JsonObject {
  const { body, strict } = readStrictness(encoding, canonicalBody);
  const { tools, tool_choice: choice, ...rest } = encodeChatTools(encoding, body);
  if (!Array.isArray(tools)) return rest;
  const flat = tools.map((tool: unknown) => {
    const called = isJsonObject(tool) && isJsonObject(tool['function']) ? tool['function'] : {};
    return flatten(tool, { strict: strict.has(String(called['name'])) });
  });
  return { tools: flat, ...(choice === undefined ? {} : { tool_choice: flatten(choice) }), ...rest };
}
