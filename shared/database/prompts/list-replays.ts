import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** A replay as a list shows it. */
export interface ListedReplay {
  readonly replayId: string;
  readonly promptRunId: string | null;
  readonly callId: string;
  readonly model: string;
  readonly prefixId: string | null;
  readonly sample: number;
  readonly status: string;
  readonly toolUse: number | null;
  /** Checks that failed by the model's fault. */
  readonly failed: readonly string[];
  readonly error: string | null;
  readonly costUsd: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface ReplayFilter {
  readonly promptRunId?: string | undefined;
  readonly status?: string | undefined;
  readonly before?: { readonly createdAt: Date; readonly replayId: string } | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listNewestReplays(
  database: Database,
  projectId: string,
  filter: ReplayFilter,
): Promise<readonly ListedReplay[]> {
  const { promptRunId, status, before, limit } = filter;
  const conditions = [
    sql`project_id = ${projectId}`,
    ...(promptRunId === undefined ? [] : [sql`prompt_run_id = ${promptRunId}::uuid`]),
    ...(status === undefined ? [] : [sql`status = ${status}`]),
    ...(before === undefined
      ? []
      : [sql`(date_trunc('milliseconds', created_at), replay_id) < (${before.createdAt}, ${before.replayId})`]),
  ];
  const { rows } = await sql<ListedReplay>`
    SELECT replay_id AS "replayId", prompt_run_id AS "promptRunId", call_id AS "callId", model,
      prefix_id AS "prefixId", sample, status, (result ->> 'toolUse')::float8 AS "toolUse",
      coalesce((SELECT array_agg(failure ->> 'scorer') FROM jsonb_array_elements(result -> 'failures') failure
        WHERE failure ->> 'owner' = 'provider'), '{}') AS failed,
      result ->> 'error' AS error, cost_usd AS "costUsd", created_at AS "createdAt", finished_at AS "finishedAt"
    FROM replay WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY date_trunc('milliseconds', created_at) DESC, replay_id DESC LIMIT ${limit}`.execute(database);
  return rows;
}
