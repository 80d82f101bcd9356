import { TrimtabError } from '../errors.ts';

const CHECK_VIOLATION = '23514';
const ALLOW_LIST_WORDS = 'not on the allow-list: ';

/**
 * Turns the database's refusal of a model off the allow-list into the catalogue's error; anything else is thrown as it
 * is. The database decides, because it sees the allow-list as it is at the moment of the write.
 */
export function asAllowListError(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === CHECK_VIOLATION) {
    const at = error.message.indexOf(ALLOW_LIST_WORDS);
    if (at >= 0) {
      const models = error.message.slice(at + ALLOW_LIST_WORDS.length).split(', ');
      throw new TrimtabError('model_not_allowed', error.message, { cause: error, details: { models } });
    }
  }
  throw error;
}
