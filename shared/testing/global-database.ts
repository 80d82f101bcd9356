import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../infra/embedded-postgres.ts';
import { migrateAll } from '../database/migrate.ts';
import { processIdentity } from '../process-identity.ts';
import { addressOf, runStatement } from './test-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of a database that may create and drop others. */
    databaseAdminUrl: string;
    /** Name of the migrated database that each test file gets a copy of. */
    databaseTemplate: string;
  }
}

const FOLDER_PREFIX = 'trimtab-test-';
/** A test database is thrown away; waiting for its disk proves nothing. */
const WITHOUT_DURABILITY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

const log = pino({ level: 'error' }, pino.destination(2));

/** A run that was killed leaves a server and its folder; the name of the folder carries the run's process number. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || processIdentity(Number(owner)) !== undefined) continue;
    await discard(join(tmpdir(), name)).catch((error: unknown) =>
      log.error({ error, name }, 'left an old test database'),
    );
  }
}

async function discard(folder: string): Promise<void> {
  const database = await startEmbeddedPostgres({ dataDir: folder, log, settings: WITHOUT_DURABILITY });
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function openServer(): Promise<{ readonly adminUrl: string; close(): Promise<void> }> {
  const given = process.env['DATABASE_URL'];
  if (given) return { adminUrl: given, close: async () => {} };
  await removeAbandoned();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  // Under root the server runs as another user, who must be able to pass through.
  chmodSync(folder, 0o711);
  const server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: folder, log, settings: WITHOUT_DURABILITY });
  const close = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { adminUrl: server.connectionString, close };
}

/**
 * One PostgreSQL for the run (DATABASE_URL, or an embedded one in a temporary folder) with one migrated template
 * database, which `createTestDatabase` copies: that takes a fraction of the time of the migrations.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { adminUrl, close } = await openServer();
  const template = `trimtab_template_${process.pid}_${project.name}`;
  try {
    await runStatement(adminUrl, `create database ${template}`);
    await migrateAll(addressOf(adminUrl, template));
  } catch (error) {
    await close();
    throw error;
  }
  project.provide('databaseAdminUrl', adminUrl);
  project.provide('databaseTemplate', template);
  return async () => {
    await runStatement(adminUrl, `drop database if exists ${template} with (force)`);
    await close();
  };
}
