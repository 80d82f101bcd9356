import { TrimtabError } from '../errors.ts';

/** SQLSTATE classes that blame the data: data exception, integrity violation, program limit. */
const DATA_CLASSES = ['22', '23', '54'];

/**
 * Whether an error of the store says that this data will never be taken, so that trying again is useless. Everything
 * else (no connection, a time-out, a full disk, a missing table or grant) is the store's own trouble and passes.
 */
export function isRefusedData(error: unknown): boolean {
  if (error instanceof TrimtabError) return error.code === 'invalid_request' || error.code === 'not_found';
  if (!(error instanceof Error) || !('code' in error)) return false;
  const { code } = error;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && DATA_CLASSES.includes(code.slice(0, 2));
}
