import { createDatabase, createPool } from '#shared/database/connect.ts';
import { NEWEST_MIGRATION } from '#shared/database/migrate.ts';
import { readSchemaState, type SchemaState } from '#shared/database/schema-state.ts';
import { QUEUE_SCHEMA_VERSION } from '#shared/queue/queue-schema-version.ts';
import type { CommandContext } from '../command-context.ts';
import { systemConnectionString } from '../connect-to-running-system.ts';
import { attempt, type Check, failed, passed, skipped } from './check.ts';

const MIGRATE = 'run `trimtab migrate`';

/** Whether the database answers, and whether its schema is the one that this version needs. */
export async function checkSchema(context: CommandContext): Promise<readonly Check[]> {
  let state: SchemaState | undefined;
  const start = 'start it with `npm start` (or `trimtab up`), or set DATABASE_URL to the one you mean';
  const reachable = await attempt('database', start, async () => {
    state = await readState(systemConnectionString(context.environment));
    const place =
      context.environment.databaseUrl === undefined ? `of ${context.environment.dataDir}` : 'at DATABASE_URL';
    return passed('database', `PostgreSQL ${state.serverVersion} ${place} answers`);
  });
  if (state === undefined) {
    return [
      reachable,
      ...['migrations', 'queue schema', 'roles'].map((name) => skipped(name, 'the database does not answer')),
    ];
  }
  return [reachable, checkMigrations(state), checkQueueSchema(state), checkRoles(state)];
}

async function readState(connectionString: string): Promise<SchemaState> {
  const pool = createPool({ connectionString, role: 'owner', poolMax: 1 });
  try {
    return await readSchemaState(createDatabase(pool));
  } finally {
    await pool.end();
  }
}

function checkMigrations({ newestMigration }: SchemaState): Check {
  if (newestMigration === NEWEST_MIGRATION) return passed('migrations', `${newestMigration} is the newest`);
  if (newestMigration === null) return failed('migrations', 'the database has no schema yet', MIGRATE);
  return newestMigration < NEWEST_MIGRATION
    ? failed('migrations', `the schema is at ${newestMigration}, and ${NEWEST_MIGRATION} is needed`, MIGRATE)
    : failed('migrations', `the schema is at ${newestMigration}, which is newer than this Trimtab`, 'update Trimtab');
}

function checkQueueSchema({ queueSchemaVersion }: SchemaState): Check {
  if (queueSchemaVersion === QUEUE_SCHEMA_VERSION)
    return passed('queue schema', `BullMQ's version ${queueSchemaVersion}`);
  if (queueSchemaVersion === null) return failed('queue schema', 'the queue has no schema yet', MIGRATE);
  return queueSchemaVersion < QUEUE_SCHEMA_VERSION
    ? failed('queue schema', `it is at version ${queueSchemaVersion}, and ${QUEUE_SCHEMA_VERSION} is needed`, MIGRATE)
    : failed('queue schema', `it is at version ${queueSchemaVersion}, newer than this Trimtab`, 'update Trimtab');
}

function checkRoles({ missingRoles }: SchemaState): Check {
  if (missingRoles.length === 0) return passed('roles', 'the login may take on all four service roles');
  const grants = missingRoles.map((role) => `CREATE ROLE ${role} NOLOGIN; GRANT ${role} TO the login of DATABASE_URL`);
  return failed('roles', `missing: ${missingRoles.join(', ')}`, `${MIGRATE}, or as a superuser: ${grants.join('; ')}`);
}
