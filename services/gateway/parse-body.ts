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

/** Whether a value is nested deeper than anything that has a meaning. Makes nothing: it sees every body of every call. */
export function isTooDeep(value: unknown, levels: number = DEPTH_MAX): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && isTooDeep(item, levels - 1)) return true;
    return false;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) {
    const member = members[name];
    if (typeof member === 'object' && isTooDeep(member, levels - 1)) return true;
  }
  return false;
}
