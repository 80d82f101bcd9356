import { TrimtabError } from '#shared/errors.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Throws `invalid_request` for a text that is not an id, saying where to copy one from. */
export function requireUuid(text: string | undefined, what: string, source: string): void {
  if (text === undefined || UUID.test(text)) return;
  throw new TrimtabError('invalid_request', `${what} takes a whole id, not "${text}"; copy it from \`${source}\``);
}
