import { sql } from 'kysely';
import type { Database } from '../connect.ts';
import { beginErasing } from './erasure.ts';
import { type ContentPlace, findGarbage, spareNewCalls } from './find-garbage.ts';

/** No transaction that stores calls takes this long: those that began before the garbage was found have ended. */
const STORING_MS_MAX = 10 * 60_000;

/** Weeks of a project from which calls were erased and blocks may be left. */
export async function unsweptWeeks(database: Database, projectId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ week: string }>`
    SELECT DISTINCT week_of_call(call_id) AS week FROM erased_call
    WHERE project_id = ${projectId} AND NOT is_swept ORDER BY 1`.execute(database);
  return rows.map(({ week }) => week);
}

/**
 * Removes the blocks and nodes of a week that no call leads to any more. The search runs beside the writers; only the
 * removal, and a second look at what they stored meanwhile, keeps them waiting.
 *
 * @returns how many blocks were removed
 */
export async function sweepContent(connection: Database, place: ContentPlace): Promise<number> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(connection);
  const foundAt = rows[0]?.now.getTime() ?? 0;
  await findGarbage(connection, place);
  return await connection.transaction().execute(async (transaction) => {
    await beginErasing(transaction);
    await spareNewCalls(transaction, place, new Date(foundAt - STORING_MS_MAX));
    const { projectId, week } = place;
    await sql`
      DELETE FROM transcript_node WHERE project_id = ${projectId} AND week = ${week}::date
        AND node_hash IN (SELECT node_hash FROM pg_temp.garbage_node)`.execute(transaction);
    const removed = await sql`
      DELETE FROM block WHERE project_id = ${projectId} AND week = ${week}::date
        AND block_key IN (SELECT block_key FROM pg_temp.garbage_block)`.execute(transaction);
    await sql`
      UPDATE erased_call SET is_swept = true
      WHERE project_id = ${projectId} AND NOT is_swept AND week_of_call(call_id) = ${week}::date`.execute(transaction);
    return Number(removed.numAffectedRows ?? 0n);
  });
}
