import { type JsonObject, parseJsonObject } from './json-object.ts';

/** Claude Code's own notation for tool arguments that do not parse, so that clients and scorers know it already. */
export interface UnparsedToolInput {
  readonly __unparsedToolInput: { readonly raw: string; readonly len: number };
}

/** Whether the arguments are one whole JSON object, after which nothing more can come. */
export function isWholeJsonObject(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.startsWith('{') && trimmed.endsWith('}') && parseJsonObject(trimmed) !== null;
}

/** The input of a finished tool call. Text that is no JSON object is kept, never thrown away and never thrown. */
export function parseToolInput(text: string): JsonObject | UnparsedToolInput {
  if (text.trim() === '') return {};
  return parseJsonObject(text) ?? { __unparsedToolInput: { raw: text, len: text.length } };
}

export interface RepairedArguments {
  readonly text: string;
  /** What was done, or null when the text stands as the upstream sent it. */
  readonly repair: 'empty' | 'double_encoded' | 'unparsable' | null;
}

/**
 * Arguments as they are delivered. Servers send nothing, or `null`, for a call without arguments, and some wrap the
 * object in a JSON string; anything else that does not parse is delivered as received, which makes clients report it to
 * the model instead of running a tool on guessed input.
 */
export function repairArguments(text: string): RepairedArguments {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === 'null') return { text: '{}', repair: 'empty' };
  if (isWholeJsonObject(trimmed)) return { text, repair: null };
  if (trimmed.startsWith('"')) {
    try {
      const inner: unknown = JSON.parse(trimmed);
      if (typeof inner === 'string' && isWholeJsonObject(inner)) return { text: inner, repair: 'double_encoded' };
    } catch {
      return { text, repair: 'unparsable' };
    }
  }
  return { text, repair: 'unparsable' };
}
