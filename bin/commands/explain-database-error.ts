import type { Environment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { databaseUnavailable } from './connect-to-running-system.ts';

const FOREIGN_KEY_VIOLATION = '23503';
const LOST_CONNECTION = /^(?:08|57P)|^E(?:CONN|PIPE|HOSTUNREACH|TIMEDOUT)/;

/** What PostgreSQL says in the middle of a command, as something to act on; any other error is given back as it is. */
export function explainDatabaseError(error: unknown, environment: Pick<Environment, 'databaseUrl'>): unknown {
  if (!(error instanceof Error) || error instanceof TrimtabError) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (LOST_CONNECTION.test(code) || error.message.startsWith('Connection terminated')) {
    return databaseUnavailable(environment, error);
  }
  if (code === FOREIGN_KEY_VIOLATION && 'constraint' in error && String(error.constraint).endsWith('project_id_fkey')) {
    const message =
      'the project is not in the database yet: check project: in trimtab.yaml and TRIMTAB_PROJECT, and run `trimtab migrate`';
    return new TrimtabError('not_found', message, { cause: error });
  }
  return error;
}
