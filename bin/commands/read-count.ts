import { TrimtabError } from '#shared/errors.ts';

/** The number of an option such as `--limit`; throws `invalid_request` naming the option and what it takes. */
export function readCount(text: string, option: string, max: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new TrimtabError('invalid_request', `${option} takes a whole number from 1 to ${max}, not "${text}"`);
}
