import { sql } from 'kysely';
import type { Database } from './connect.ts';

/**
 * Does work that only one process of all should do at a time. The lock is the connection's: it goes with a process that
 * dies.
 *
 * @returns false when another process has it, and nothing was done
 */
export async function withNightLock(database: Database, name: string, work: () => Promise<void>): Promise<boolean> {
  return await database.connection().execute(async (connection) => {
    const key = sql`hashtextextended(${`trimtab.night.${name}`}, 0)`;
    const { rows } = await sql<{ taken: boolean }>`SELECT pg_try_advisory_lock(${key}) AS taken`.execute(connection);
    if (rows[0]?.taken !== true) return false;
    try {
      await work();
    } finally {
      await sql`SELECT pg_advisory_unlock(${key})`.execute(connection);
    }
    return true;
  });
}
