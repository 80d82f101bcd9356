import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';

const PARTS = new URL('./tables/', import.meta.url);

/** Column names and nullability as `tables/` declares them, read from its texts: types are gone at run time. */
function declaredColumns(): Map<string, Map<string, boolean>> {
  const source = readdirSync(PARTS)
    .map((name) => readFileSync(new URL(name, PARTS), 'utf8'))
    .join('\n');
  const tables = new Map<string, Map<string, boolean>>();
  for (const block of source.matchAll(/export interface (\w+)Table \{([^}]*)\}/g)) {
    const columns = new Map<string, boolean>();
    for (const line of (block[2] ?? '').matchAll(/^ {2}(\w+): (.+);$/gm)) {
      columns.set(line[1] ?? '', /\| null/.test(line[2] ?? ''));
    }
    tables.set(
      (block[1] ?? '').replace(/^./, (first) => first.toLowerCase()),
      columns,
    );
  }
  return tables;
}

describe('tables.ts', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
  });
  afterAll(async () => {
    await database.destroy();
    await testDatabase.drop();
  });

  it('declares exactly the columns that the migrations make', async () => {
    const { rows } = await sql<{ tableName: string; columnName: string; isNullable: string }>`
      SELECT table_name, column_name, is_nullable FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name NOT LIKE 'kysely%' AND table_name !~ '_[0-9]{4}w[0-9]{2}$'`.execute(
      database,
    );
    const actual = new Map<string, Map<string, boolean>>();
    const toCamel = (name: string) => name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
    for (const row of rows) {
      const table = toCamel(row.tableName);
      if (!actual.has(table)) actual.set(table, new Map());
      actual.get(table)?.set(toCamel(row.columnName), row.isNullable === 'YES');
    }
    expect(actual.size).toBeGreaterThan(30);
    expect(declaredColumns()).toEqual(actual);
  });

  it('refuses the optimizer role every write to governance', async () => {
    const pool = createPool({ connectionString: testDatabase.connectionString, role: 'optimizer' });
    const optimizer = createDatabase(pool);
    try {
      const write = optimizer
        .insertInto('allowedModel')
        .values({ projectId: 'default', model: 'sneaked-in', provider: 'x', governanceVersion: 1 })
        .execute();
      await expect(write).rejects.toThrow(/permission denied/);
    } finally {
      await optimizer.destroy();
    }
  });
});
