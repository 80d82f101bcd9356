import { type ApiError, invalidRequest } from '#shared/formats/api-error.ts';

export type ParsedBody =
  | { readonly type: 'parsed'; readonly value: unknown }
  | { readonly type: 'refused'; readonly error: ApiError };

/** Deeper than any schema or tool input is, and far from where recursion in a codec would end. */
const DEPTH_MAX = 512;

/** Parses a request body; what cannot be parsed gets an answer that says what to send instead. */
export function parseBody(bytes: Buffer): ParsedBody {
  if (bytes.length === 0) return refused('The request body is empty; send a JSON object.');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? error.message.replace(/ in JSON|"[\s\S]*" is not valid JSON/g, '') : '';
    return refused(
      `The request body is not valid JSON${reason === '' ? '' : ` (${reason.trim()})`}; send one JSON object.`,
    );
  }
  return isTooDeep(value)
    ? refused(`The request body is nested deeper than ${DEPTH_MAX} levels.`)
    : { type: 'parsed', value };
}

function refused(message: string): ParsedBody {
  return { type: 'refused', error: invalidRequest(message) };
}

/** Level by level instead of by recursion, which is what deep nesting would break. */
function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const member of Object.values(item)) if (typeof member === 'object' && member !== null) next.push(member);
    }
    level = next;
  }
  return false;
}
