import { TrimtabError } from '#shared/errors.ts';

/** SQLSTATE classes that say "not now": connection, serialization and deadlock, resources, shutdown, read-only. */
const PASSING_SQLSTATE = /^(?:08|40|53|57P|25006)/;
/** What Node.js and `pg` say when there is no connection, or none any more. */
const CONNECTION_CODE = /^(?:E[A-Z]+|[A-Z]+_[A-Z_]*)$/;
const CONNECTION_TEXT = /connection|connect|timeout/i;

/** Whether an error says for certain that the store is away, so that it blames nothing that was to be stored. */
export function isOutage(error: unknown): boolean {
  if (error instanceof TrimtabError) return error.retryable;
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if ('severity' in error) return PASSING_SQLSTATE.test(code);
  return CONNECTION_CODE.test(code) || (error.name === 'Error' && CONNECTION_TEXT.test(error.message));
}
