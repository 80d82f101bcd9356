import { sql } from 'kysely';
import type { Database } from '../connect.ts';
import { eraseFailures } from './erase-failures.ts';
import { eraseSessions } from './erase-sessions.ts';
import { beginErasing } from './erasure.ts';

/** What one batch of calls took with it. */
export interface ErasedCounts {
  readonly calls: number;
  readonly sessions: number;
  readonly scores: number;
  readonly examples: number;
  readonly replays: number;
  readonly deadLetters: number;
}

/**
 * Erases calls with everything that hangs on them but their blocks, in one transaction. The note of each call stays, so
 * that it is counted once and no score of it is taken afterwards. Safe to repeat.
 */
export async function eraseCalls(
  database: Database,
  projectId: string,
  callIds: readonly string[],
): Promise<ErasedCounts> {
  const ids = [...callIds];
  return await database.transaction().execute(async (transaction) => {
    await beginErasing(transaction);
    await sql`
      INSERT INTO erased_call (call_id, project_id, source, response_node, is_swept)
      SELECT call_id, project_id, source, response_node, false FROM call
      WHERE call_id = ANY(${ids}::uuid[]) AND project_id = ${projectId}
      ON CONFLICT (call_id, project_id) DO UPDATE SET is_swept = false`.execute(transaction);
    const sessions = await sessionsOf(transaction, projectId, ids);
    const examples = await eraseFailures(transaction, projectId, ids, sessions);
    const scores = await eraseScores(transaction, projectId, ids, sessions);
    const replays = await eraseReplays(transaction, projectId, ids);
    const deadLetters = await eraseDeadLetters(transaction, projectId, { ids, sessions, replays });
    const calls = await transaction
      .deleteFrom('call')
      .where('projectId', '=', projectId)
      .where('callId', '=', sql<string>`ANY(${ids}::uuid[])`)
      .executeTakeFirst();
    const erasedSessions = await eraseSessions(transaction, projectId, sessions);
    return {
      calls: Number(calls.numDeletedRows),
      sessions: erasedSessions,
      scores,
      examples,
      replays: replays.length,
      deadLetters,
    };
  });
}

async function sessionsOf(transaction: Database, projectId: string, ids: string[]): Promise<string[]> {
  const rows = await transaction
    .selectFrom('call')
    .select('sessionId')
    .distinct()
    .where('projectId', '=', projectId)
    .where('callId', '=', sql<string>`ANY(${ids}::uuid[])`)
    .orderBy('sessionId')
    .execute();
  return rows.map(({ sessionId }) => sessionId);
}

/** The verdict on a session goes with any of its calls, because it may quote every one of them. */
async function eraseScores(
  transaction: Database,
  projectId: string,
  ids: string[],
  sessions: string[],
): Promise<number> {
  const ofCalls = await sql`
    DELETE FROM score WHERE project_id = ${projectId} AND call_id = ANY(${ids}::uuid[])`.execute(transaction);
  const ofSessions = await sql`
    DELETE FROM score WHERE project_id = ${projectId} AND subject_type = 'session'
      AND subject_id = ANY(${sessions}::text[])`.execute(transaction);
  // A cached verdict is one of content alone: of those that were made since the calls, any may quote them.
  await sql`
    DELETE FROM evaluation_cache WHERE project_id = ${projectId} AND created_at >= (
      SELECT min(started_at) - interval '1 day' FROM call
      WHERE project_id = ${projectId} AND call_id = ANY(${ids}::uuid[]))`.execute(transaction);
  for (const table of ['scoring_run', 'judge_skip']) {
    await sql`
      DELETE FROM ${sql.table(table)}
      WHERE project_id = ${projectId} AND call_id = ANY(${ids}::uuid[])`.execute(transaction);
  }
  return Number((ofCalls.numAffectedRows ?? 0n) + (ofSessions.numAffectedRows ?? 0n));
}

/** Searches go on without the pairs of erased calls. */
async function eraseReplays(transaction: Database, projectId: string, ids: string[]): Promise<string[]> {
  const removed = await sql<{ replayId: string }>`
    DELETE FROM replay WHERE project_id = ${projectId} AND call_id = ANY(${ids}::uuid[])
    RETURNING replay_id`.execute(transaction);
  await sql`
    UPDATE prompt_run SET state = jsonb_set(state, '{pairs}', (
      SELECT coalesce(jsonb_agg(pair), '[]') FROM jsonb_array_elements(state -> 'pairs') AS pair
      WHERE NOT pair ->> 'callId' = ANY(${ids}::text[])))
    WHERE project_id = ${projectId} AND jsonb_typeof(state -> 'pairs') = 'array' AND EXISTS (
      SELECT 1 FROM jsonb_array_elements(state -> 'pairs') AS pair
      WHERE pair ->> 'callId' = ANY(${ids}::text[]))`.execute(transaction);
  return removed.rows.map(({ replayId }) => replayId);
}

async function eraseDeadLetters(
  transaction: Database,
  projectId: string,
  { ids, sessions, replays }: { readonly ids: string[]; readonly sessions: string[]; readonly replays: string[] },
): Promise<number> {
  const removed = await sql`
    DELETE FROM dead_letter WHERE project_id = ${projectId} AND (
      call_id = ANY(${ids}::uuid[])
      OR payload ->> 'callId' = ANY(${ids}::text[])
      OR payload ->> 'subjectId' = ANY(${[...ids, ...sessions]}::text[])
      OR payload ->> 'sessionId' = ANY(${sessions}::text[])
      OR payload ->> 'replayId' = ANY(${replays}::text[]))`.execute(transaction);
  return Number(removed.numAffectedRows ?? 0n);
}
