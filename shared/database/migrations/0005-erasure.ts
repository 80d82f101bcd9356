import { type Kysely, sql } from 'kysely';
import { ERASURE_GRANTS, ERASURE_TABLES, RETENTION } from './sql/erasure.ts';

/** Erasure on request, retention by the week, and what both have to tell the processes that write. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statements of [ERASURE_TABLES, RETENTION, ERASURE_GRANTS]) await sql.raw(statements).execute(database);
}
