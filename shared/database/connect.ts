import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

/** The PostgreSQL role a service takes on; `owner` keeps the login's own rights (migrations, tests). */
export type DatabaseRole = 'gateway' | 'evaluator' | 'optimizer' | 'admin' | 'owner';

export interface ConnectOptions {
  readonly connectionString: string;
  readonly role: DatabaseRole;
  /** Connections at the most; PostgreSQL allows 200 in all, shared by every service and the queue. */
  readonly poolMax?: number;
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

const POOL_MAX_DEFAULT = 8;
const STATEMENT_TIMEOUT_MS = 30_000;
/** As long as the lease of a run: who takes a run over finds what its holder had locked. */
const IDLE_IN_TRANSACTION_MAX_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_AFTER_MS = 10_000;

// int8 arrives as text by default; every bigint of ours (epochs, counters) is far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
// A date is a calendar day, and must not become a moment in the machine's zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** A pool under one service role. The role is set in the start-up packet, so no query can run before it. */
export function createPool(options: ConnectOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.poolMax ?? POOL_MAX_DEFAULT,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    // A server that vanishes without a word would else be waited for without end.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    // And a client that vanishes in the middle of a transaction would keep its locks until TCP gives it up, hours later.
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MAX_MS,
    application_name: `trimtab-${options.role}`,
    ...(options.role === 'owner' ? {} : { options: `-c role=trimtab_${options.role}` }),
  });
  outliveCuts(pool);
  return pool;
}

/** Without it a connection that the server cuts would end the process. */
export function outliveCuts(pool: pg.Pool): void {
  // For an idle one the next query makes a new one.
  pool.on('error', () => {});
  // And of one that is in use, between two queries of a transaction, the next query fails anyway: the pool listens to
  // idle ones only.
  pool.on('connect', (client) => void client.on('error', () => {}));
}

export function createDatabase(pool: pg.Pool): Database {
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
}
