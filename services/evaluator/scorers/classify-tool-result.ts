import type { ToolResult } from './tool-results.ts';

/**
 * What a tool result says about the call: `invalid_parameter` is the model's doing, `environment` is not, `declined`
 * is the user's choice and says nothing.
 */
export type ToolResultKind = 'ok' | 'invalid_parameter' | 'environment' | 'declined';

const HEAD_CHARACTERS = 2_000;

/** Words of clients when a person stops or refuses a tool. */
const DECLINED = [
  /the user doesn't want to (proceed|take this action)/i,
  /request interrupted by user/i,
  /user (rejected|declined|denied|cancell?ed)/i,
  /permission to use .{1,80} (has been denied|was denied)/i,
];

/** Ways in which tools, schemas and runtimes say that the arguments are at fault. */
const INVALID_PARAMETER = [
  /InputValidationError|ValidationError|ToolInputError|invalid_type|unrecognized_keys/,
  /__unparsedToolInput|could not be parsed|failed to parse|(invalid|malformed|not valid) json|JSONDecodeError/i,
  /(required|missing)\b.{0,40}\b(parameter|argument|property|field)|(parameter|argument|property|field)\b.{0,60}\b(is|are|was) (required|missing)/i,
  /(unexpected|unknown|unrecognized|invalid)\b.{0,30}\b(parameter|argument|property|field|option|keyword|enum|value|input|type|format)/i,
  /(parameter|argument|property|field|value)\b.{0,60}\b(must be|should be|should match|is not valid|is invalid|not allowed|does not match)/i,
  /no such tool|unknown tool|tool .{1,80} (not found|does not exist|is not available)/i,
  /TypeError: .*(argument|positional)|takes \d+ positional|unexpected keyword argument/,
  /string to replace not found|old_string|matches of the string to replace|file has not been read yet|no changes to make/i,
  /should (match|be different)|does not (add up|match)|cannot be used|must (match|equal|be)|out of range|usage: /i,
  /\b(method|id|item|value|count|date|format|amount|quantity)\b.{0,40}\bshould be\b/i,
  /\binvalid (reason|characters|expression|syntax|id|choice|request)|\b(400 bad request|422 unprocessable)/i,
];

/** What a tool wants of the world before it works; the arguments may be as right as they can be. */
const STATE = /\bmust be \w+ (to|before|first|in order)\b|\bmust (first|already) \b/i;

/** What an error looks like when no flag says so, at the very start of the result. */
const ERROR_START =
  /^\s*(<tool_use_error>|\[?(error|exception|fatal)\b|traceback \(most recent call last\)|\{\s*"(error|errors)"\s*:(?!\s*(?:null|false|""|\[\]|\{\}))|[A-Z]\w*(Error|Exception):)/i;

/** By the flag, or by the first words where a client has no flag. */
export function reportsError({ text, flaggedError }: Pick<ToolResult, 'text' | 'flaggedError'>): boolean {
  return flaggedError || ERROR_START.test(text.slice(0, HEAD_CHARACTERS));
}

export function classifyToolResult(result: ToolResult): ToolResultKind {
  if (!reportsError(result)) return 'ok';
  const head = result.text.slice(0, HEAD_CHARACTERS);
  if (DECLINED.some((pattern) => pattern.test(head))) return 'declined';
  const isOfArguments = !STATE.test(head) && INVALID_PARAMETER.some((pattern) => pattern.test(head));
  return isOfArguments ? 'invalid_parameter' : 'environment';
}
