import { afterAll } from 'vitest';
import { type ConnectOptions, createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';

/** A migrated database of one test file's own. */
export interface OptimizerStore {
  readonly connectionString: string;
  /** With all rights, to prepare and to look. */
  readonly owner: Database;
  /** As the optimizer sees it. */
  readonly optimizer: Database;
  /** One more, closed with the others. */
  connect(role: ConnectOptions['role']): Database;
}

/** Opened at the top of a test file, before its tests are known; it is closed and dropped after the last of them. */
export async function openOptimizerStore(): Promise<OptimizerStore> {
  const { connectionString, drop } = await createTestDatabase();
  const opened: Database[] = [];
  const connect = (role: ConnectOptions['role']) => {
    const database = createDatabase(createPool({ connectionString, role }));
    opened.push(database);
    return database;
  };
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.destroy()));
    await drop();
  });
  return { connectionString, owner: connect('owner'), optimizer: connect('optimizer'), connect };
}
