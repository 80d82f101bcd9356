import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import type { Environment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { embeddedConnectionString } from '../../infra/embedded-settings.ts';

export interface SystemConnection {
  readonly database: Database;
  readonly connectionString: string;
  readonly close: () => Promise<void>;
}

const POOL_MAX = 2;

/** Where the system's database is, whether or not it answers now. */
export function systemConnectionString(environment: Environment): string {
  const connectionString = environment.databaseUrl ?? embeddedConnectionString(environment.dataDir);
  if (connectionString !== undefined) return connectionString;
  throw new TrimtabError(
    'store_unavailable',
    `there is no Trimtab in ${environment.dataDir}; start one with \`npm start\` (or \`trimtab up\`), or set TRIMTAB_DATA_DIR or DATABASE_URL to the one you mean`,
  );
}

/**
 * Connects a command to the system beside it: `DATABASE_URL`, or the embedded database that `trimtab up` keeps in the
 * data folder. Commands speak to the database itself, so that they work while the optimizer is down.
 */
export async function connectToRunningSystem(environment: Environment): Promise<SystemConnection> {
  const connectionString = systemConnectionString(environment);
  const pool = createPool({ connectionString, role: 'admin', poolMax: POOL_MAX });
  try {
    const { rows } = await pool.query("SELECT to_regclass('public.policy_pointer') IS NOT NULL AS migrated");
    if (rows[0]?.migrated !== true) {
      throw new TrimtabError('store_unavailable', 'the database has no schema yet: run `trimtab migrate`');
    }
  } catch (cause) {
    await pool.end();
    throw cause instanceof TrimtabError ? cause : databaseUnavailable(environment, cause);
  }
  return { database: createDatabase(pool), connectionString, close: () => pool.end() };
}

/** The one error for a database that cannot be used, with what to do about it. */
export function databaseUnavailable(environment: Pick<Environment, 'databaseUrl'>, cause: unknown): TrimtabError {
  const message =
    environment.databaseUrl === undefined
      ? 'Trimtab is not running here: start it with `npm start` (or `trimtab up`) and run this command again'
      : `the database does not answer (${cause instanceof Error ? cause.message : cause}): check DATABASE_URL, and that \`trimtab migrate\` has run`;
  return new TrimtabError('store_unavailable', message, { cause });
}
