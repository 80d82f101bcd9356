import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { createPool } from '../database/connect.ts';

/** A migrated database of one test file's own. */
export interface TestDatabase {
  readonly connectionString: string;
  /** Closes what is still connected to it, and removes it. */
  drop(): Promise<void>;
}

/** PostgreSQL will not copy a database while anything, such as its own autovacuum, is connected to it (55006). */
const OBJECT_IN_USE = '55006';
const COPY_ATTEMPTS = 50;
const COPY_RETRY_MS = 100;
/** Copies wait for each other when several files start at once. */
const COPY_TIMEOUT_MS = 60_000;

/** The same server, another database. */
export function addressOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs one statement that must stand outside any transaction, such as `create database`. */
export async function runStatement(adminUrl: string, statement: string): Promise<void> {
  const options = {
    connectionString: adminUrl,
    role: 'owner',
    poolMax: 1,
    statementTimeoutMs: COPY_TIMEOUT_MS,
  } as const;
  const pool = createPool(options);
  try {
    await pool.query(statement);
  } finally {
    await pool.end();
  }
}

async function copyTemplate(adminUrl: string, name: string, template: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runStatement(adminUrl, `create database ${name} template ${template}`);
    } catch (error) {
      if ((error as { code?: unknown }).code !== OBJECT_IN_USE || attempt >= COPY_ATTEMPTS) throw error;
      await delay(COPY_RETRY_MS);
    }
  }
}

/** A fresh copy of the migrated template, for one test file: `beforeAll` creates it, `afterAll` drops it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('databaseAdminUrl');
  const name = `trimtab_test_${randomBytes(6).toString('hex')}`;
  await copyTemplate(adminUrl, name, inject('databaseTemplate'));
  return {
    connectionString: addressOf(adminUrl, name),
    drop: () => runStatement(adminUrl, `drop database if exists ${name} with (force)`),
  };
}
