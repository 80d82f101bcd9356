import { type ErrorCode, TrimtabError } from '../errors.ts';

const CHECK_VIOLATION = '23514';
const ALLOW_LIST_WORDS = 'not on the allow-list: ';

/** What the guards of the database refuse, by their SQL states; `reason` is what programs read. */
const REFUSALS: Readonly<Record<string, readonly [code: ErrorCode, reason: string]>> = {
  TT001: ['forbidden', 'needs_approval'],
  TT002: ['forbidden', 'exposure'],
  TT003: ['conflict', 'rate_limit'],
  TT004: ['conflict', 'cool_off'],
  TT005: ['forbidden', 'human_only'],
  TT006: ['model_not_allowed', 'residency'],
  TT007: ['model_not_allowed', 'features'],
};

/**
 * Turns a refusal by the guards of policies and pointer into the catalogue's error; anything else is thrown as it is.
 * The database decides, because it sees governance as it is at the moment of the write.
 */
export function asPolicyRefusal(error: unknown): never {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  const refusal = REFUSALS[String(error.code)];
  if (refusal !== undefined) {
    const [code, reason] = refusal;
    throw new TrimtabError(code, error.message, { cause: error, details: { reason } });
  }
  const at = error.code === CHECK_VIOLATION ? error.message.indexOf(ALLOW_LIST_WORDS) : -1;
  if (at < 0) throw error;
  const models = error.message.slice(at + ALLOW_LIST_WORDS.length).split(', ');
  throw new TrimtabError('model_not_allowed', error.message, { cause: error, details: { models } });
}
