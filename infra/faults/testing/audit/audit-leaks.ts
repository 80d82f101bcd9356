import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';
import { type Violation, violationOf } from './violation.ts';

export interface LeakEvidence {
  readonly database: Database;
  /** Data folders, logs, files of queues: everything that was written to a disk. */
  readonly folders: readonly string[];
  /** Canary secrets, which nothing but the request to the provider may carry. */
  readonly secrets: readonly string[];
}

/** I6: no canary in any file and in any row, whatever was thrown and logged on the way. */
export async function auditLeaks({ database, folders, secrets }: LeakEvidence): Promise<readonly Violation[]> {
  const files = folders.flatMap(filesIn);
  const inFiles = files.filter((path) => {
    const bytes = contentOf(path);
    return secrets.some((secret) => bytes.includes(secret));
  });
  const inTables = secrets.length === 0 ? [] : await tablesWith(database, secrets);
  return [
    ...violationOf('I6', 'a secret stands in a file', inFiles),
    ...violationOf('I6', 'a secret stands in a table', inTables),
    ...violationOf('I6', 'no file was searched', secrets.length > 0 && files.length === 0 ? [folders] : []),
  ];
}

function filesIn(folder: string): readonly string[] {
  const entries: readonly Dirent[] = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Empty when it was removed meanwhile. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Bytes of a column are shown in hexadecimal, so both forms are looked for. */
async function tablesWith(database: Database, secrets: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ schema: string; name: string }>`
    SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`.execute(database);
  const forms = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString('hex')]);
  const found: string[] = [];
  for (const { schema, name } of rows) {
    const table = sql.id(schema, name);
    const matches = sql.join(
      forms.map((form) => sql`position(${form} in line) > 0`),
      sql` OR `,
    );
    const hits = await sql<{ lines: number }>`
      SELECT count(*) AS lines FROM (SELECT entry::text AS line FROM ${table} AS entry) AS entry
      WHERE ${matches}`.execute(database);
    if ((hits.rows[0]?.lines ?? 0) > 0) found.push(`${schema}.${name}`);
  }
  return found;
}
