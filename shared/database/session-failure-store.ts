import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** A call that failed by a deterministic check, and when that was found. */
export interface SessionFailure {
  readonly sessionId: string;
  readonly callId: string;
  readonly failedAtMs: number;
}

/** More than these in one look are a storm, in which every session of the model fails and none is special. */
const READ_MAX = 10_000;

/** Failures found within the last `sinceMs` milliseconds by the database's clock, newest first. */
export async function readRecentFailures(
  database: Database,
  projectId: string,
  sinceMs: number,
): Promise<SessionFailure[]> {
  const rows = await database
    .selectFrom('sessionFailure')
    .select(['sessionId', 'callId', 'failedAt'])
    .where('projectId', '=', projectId)
    .where('failedAt', '>', sql<Date>`clock_timestamp() - make_interval(secs => ${sinceMs / 1_000})`)
    .orderBy('failedAt', 'desc')
    .limit(READ_MAX)
    .execute();
  return rows.map(({ sessionId, callId, failedAt }) => ({ sessionId, callId, failedAtMs: failedAt.getTime() }));
}

/** Removes what no gateway asks for any more. Returns how many. */
export async function dropOldFailures(database: Database, projectId: string, olderThanMs: number): Promise<number> {
  const dropped = await database
    .deleteFrom('sessionFailure')
    .where('projectId', '=', projectId)
    .where('failedAt', '<', sql<Date>`clock_timestamp() - make_interval(secs => ${olderThanMs / 1_000})`)
    .executeTakeFirst();
  return Number(dropped.numDeletedRows);
}
