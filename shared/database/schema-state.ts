import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** What the database itself says of its schema; read it as `owner`, because a service role sees its own part only. */
export interface SchemaState {
  /** PostgreSQL's own version, as `18.1`. */
  readonly serverVersion: string;
  /** The last of our migrations that was applied; null in a database without any. */
  readonly newestMigration: string | null;
  /** The version of the queue's schema; null when there is none. */
  readonly queueSchemaVersion: number | null;
  /** Of the service roles, those that do not exist or that the login cannot take on. */
  readonly missingRoles: readonly string[];
}

const SERVICE_ROLES = ['trimtab_gateway', 'trimtab_evaluator', 'trimtab_optimizer', 'trimtab_admin'];

export async function readSchemaState(database: Database): Promise<SchemaState> {
  const { rows } = await sql<{
    serverVersion: string;
    hasMigrations: boolean;
    hasQueue: boolean;
    missingRoles: string[];
  }>`
    SELECT split_part(current_setting('server_version'), ' ', 1) AS "serverVersion",
      to_regclass('public.kysely_migration') IS NOT NULL AS "hasMigrations",
      to_regclass('bullmq.migration') IS NOT NULL AS "hasQueue",
      ARRAY(SELECT wanted FROM unnest(${SERVICE_ROLES}::text[]) AS wanted WHERE NOT EXISTS
        (SELECT 1 FROM pg_roles WHERE rolname = wanted AND pg_has_role(current_user, oid, 'MEMBER'))) AS "missingRoles"`.execute(
    database,
  );
  const state = rows[0];
  if (state === undefined) throw new Error('a SELECT without FROM has one row');
  const { serverVersion, missingRoles } = state;
  return {
    serverVersion,
    missingRoles,
    newestMigration: state.hasMigrations ? await readNewestMigration(database) : null,
    queueSchemaVersion: state.hasQueue ? await readQueueVersion(database) : null,
  };
}

/** Makes the partitions of a week where they are missing, and says which there are now. */
export async function ensureWeekPartitions(
  database: Database,
  week: string,
): Promise<{ readonly partitions: readonly string[]; readonly made: boolean }> {
  const before = await readPartitions(database, week);
  await sql`SELECT ensure_week_partitions(${week}::date)`.execute(database);
  const partitions = await readPartitions(database, week);
  return { partitions, made: partitions.length > before.length };
}

async function readPartitions(database: Database, week: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
    JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname IN ('call', 'score', 'block', 'transcript_node')
      AND child.relname = parent.relname || '_' || to_char(${week}::date, 'IYYY"w"IW')
    ORDER BY 1`.execute(database);
  return rows.map((row) => row.name);
}

async function readNewestMigration(database: Database): Promise<string | null> {
  const { rows } = await sql<{ name: string | null }>`SELECT max(name) AS name FROM public.kysely_migration`.execute(
    database,
  );
  return rows[0]?.name ?? null;
}

async function readQueueVersion(database: Database): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    SELECT coalesce(max(version), 0)::int AS version FROM bullmq.migration`.execute(database);
  return rows[0]?.version ?? 0;
}
