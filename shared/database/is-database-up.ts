import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** For readiness: true when the database answers, else the reason why it does not. */
export async function isDatabaseUp(database: Database): Promise<true | string> {
  try {
    await sql`SELECT 1`.execute(database);
    return true;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
