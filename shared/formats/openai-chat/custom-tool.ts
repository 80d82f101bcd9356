import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import type { AnswerContext } from '../format.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { toolArguments } from '../tool-arguments.ts';

/** The one parameter of the function that stands for a custom tool, whose input is free text. */
const INPUT = 'input';
const GRAMMAR_CHARACTERS_MAX = 20_000;

/** The grammar of a tool, which either format writes in its own way. */
function grammarOf(format: unknown): { readonly syntax: string; readonly definition: string } | null {
  if (!isJsonObject(format) || format['type'] !== 'grammar') return null;
  const grammar = isJsonObject(format['grammar']) ? format['grammar'] : format;
  const syntax = nonEmptyString(grammar['syntax']) ?? 'lark';
  return { syntax, definition: (nonEmptyString(grammar['definition']) ?? '').slice(0, GRAMMAR_CHARACTERS_MAX) };
}

/**
 * A tool whose input is free text, as a function with one text parameter. A grammar, which other models cannot be held
 * to, is told to them.
 */
export function decodeCustomTool(decoding: Ledger, custom: JsonObject, path: RequestPath): CanonicalTool {
  const grammar = grammarOf(custom['format']);
  const rule = grammar === null ? '' : `The input must match this ${grammar.syntax} grammar:\n\n${grammar.definition}`;
  if (grammar !== null)
    lose(decoding, 'approximated', [...path, 'format'], 'grammar of a custom tool is told, not held');
  const description = [nonEmptyString(custom['description']) ?? '', rule].filter((text) => text !== '').join('\n\n');
  return {
    name: nonEmptyString(custom['name']) ?? '',
    ...(description === '' ? {} : { description }),
    input_schema: {
      type: 'object',
      properties: { [INPUT]: { type: 'string', description: 'The whole input, as plain text' } },
      required: [INPUT],
      additionalProperties: false,
    },
  };
}

/** The input of a custom call of the history. */
export function customCallInput(input: unknown): JsonObject {
  return { [INPUT]: typeof input === 'string' ? input : '' };
}

/** The free text that a function's input stands for; what a model wrote without the parameter is taken as it is. */
export function customCallText(input: unknown): string {
  const text = isJsonObject(input) ? input[INPUT] : undefined;
  return typeof text === 'string' ? text : toolArguments(input);
}

/** Names of the custom tools in either format's list of tools, as a part of what the answer is written by. */
export function customToolNames(tools: unknown): { readonly customTools?: readonly string[] } {
  const names = (Array.isArray(tools) ? tools : []).flatMap((tool: unknown) => {
    if (!isJsonObject(tool) || tool['type'] !== 'custom') return [];
    const custom = isJsonObject(tool['custom']) ? tool['custom'] : tool;
    return nonEmptyString(custom['name']) ?? [];
  });
  return names.length === 0 ? {} : { customTools: names };
}

/** The names that `customToolNames` found in the request that is answered. */
export function customNamesOf({ request }: AnswerContext): ReadonlySet<unknown> {
  const names = request.clientOptions?.['customTools'];
  return new Set(Array.isArray(names) ? names : []);
}

/** A choice of a custom or a hosted tool by its name; null for other choices. */
export function decodeOtherChoice(choice: JsonObject): CanonicalBody['tool_choice'] | null {
  if (choice['type'] !== 'custom') return null;
  const custom = isJsonObject(choice['custom']) ? choice['custom'] : choice;
  const name = nonEmptyString(custom['name']);
  return name === null ? null : { type: 'tool', name };
}
