import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';

/** The database's now: rows carry its clock, and nobody else's is compared with it. */
export async function databaseNow(database: Database): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(database);
  if (rows[0] === undefined) throw new Error('a SELECT without FROM has one row');
  return rows[0].now;
}

/** How long after a moment the first call was stored, and the first one scored; seconds. */
export async function resumedAfter(
  database: Database,
  moment: Date,
): Promise<{ readonly storedS: number; readonly scoredS: number }> {
  const { rows } = await sql<{ storedS: number | null; scoredS: number | null }>`
    SELECT
      (SELECT extract(epoch FROM min(stored_at) - ${moment})::float8 FROM call WHERE stored_at > ${moment}) AS stored_s,
      (SELECT extract(epoch FROM min(scored_at) - ${moment})::float8 FROM scoring_run
        WHERE scored_at > ${moment}) AS scored_s`.execute(database);
  const never = Number.POSITIVE_INFINITY;
  return { storedS: rows[0]?.storedS ?? never, scoredS: rows[0]?.scoredS ?? never };
}
