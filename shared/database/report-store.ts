import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** Sums over sessions, enough for means and their errors. */
export interface SessionSums {
  readonly sessions: number;
  readonly costUsd: number;
  readonly costUsdSquared: number;
  /** Of the sessions whose quality is known. */
  readonly scored: number;
  readonly quality: number;
  readonly qualitySquared: number;
  readonly hardFailures: number;
}

/** Sessions of one day that asked for the same and were served alike. */
export interface ReportRow extends SessionSums {
  readonly day: string;
  readonly requestModel: string;
  readonly turnShape: string;
  readonly model: string;
  readonly provider: string;
}

export interface RolloutArmRow extends SessionSums {
  readonly rolloutId: string;
  readonly number: number;
  readonly status: string;
  readonly candidate: string;
  readonly variant: 'canary' | 'control';
}

/** What Trimtab spent by itself, in USD. */
export interface Overhead {
  readonly judgesUsd: number;
  readonly replaysUsd: number;
}

export interface ReportWindow {
  readonly since: Date;
  readonly until: Date;
}

const SUMS = sql`count(*)::int AS sessions, sum(s.cost_usd) AS "costUsd", sum(s.cost_usd ^ 2) AS "costUsdSquared",
  count(s.quality)::int AS scored, coalesce(sum(s.quality), 0) AS quality,
  coalesce(sum(s.quality ^ 2), 0) AS "qualitySquared", count(*) FILTER (WHERE s.hard_failure)::int AS "hardFailures"`;

/** Closed sessions of a window, summed by day, what was asked for and what served. */
export async function readReportRows(
  database: Database,
  projectId: string,
  { since, until }: ReportWindow,
): Promise<readonly ReportRow[]> {
  const { rows } = await sql<ReportRow>`
    SELECT to_char(s.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, c.request_model AS "requestModel",
      s.turn_shape AS "turnShape", coalesce(s.model, '') AS model, coalesce(s.provider, '') AS provider, ${SUMS}
    FROM session s JOIN call c ON c.call_id = coalesce(s.main_call_id, s.first_call_id) AND c.project_id = s.project_id
    WHERE s.project_id = ${projectId} AND s.closed_at IS NOT NULL AND s.started_at >= ${since} AND s.started_at < ${until}
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`.execute(database);
  return rows;
}

/** The arms of the rollouts that opened in a window, oldest first. */
export async function readRolloutArms(
  database: Database,
  projectId: string,
  { since, until }: ReportWindow,
): Promise<readonly RolloutArmRow[]> {
  const { rows } = await sql<RolloutArmRow>`
    SELECT r.rollout_id AS "rolloutId", r.number, r.status, r.candidate, s.variant, ${SUMS}
    FROM rollout r JOIN session s ON s.project_id = r.project_id AND s.rollout_id = r.rollout_id
    WHERE r.project_id = ${projectId} AND r.opened_at >= ${since} AND r.opened_at < ${until}
      AND s.variant IN ('canary', 'control') AND s.closed_at IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5 ORDER BY r.number, s.variant`.execute(database);
  return rows;
}

export async function readOverhead(
  database: Database,
  projectId: string,
  { since, until }: ReportWindow,
): Promise<Overhead> {
  const { rows } = await sql<Overhead>`
    SELECT (SELECT coalesce(sum(spent_usd), 0) FROM judge_spend WHERE project_id = ${projectId}
        AND day >= ${since}::date AND day <= ${until}::date) AS "judgesUsd",
      (SELECT coalesce(sum(cost_usd), 0) FROM replay WHERE project_id = ${projectId}
        AND created_at >= ${since} AND created_at < ${until}) AS "replaysUsd"`.execute(database);
  return rows[0] ?? { judgesUsd: 0, replaysUsd: 0 };
}

/** The policy that was stable at a moment, or the first one after it; null before there was any. */
export async function readPolicyServedAt(database: Database, projectId: string, moment: Date): Promise<string | null> {
  const { rows } = await sql<{ policyId: string }>`
    SELECT details #>> '{after,stable}' AS "policyId" FROM audit_event
    WHERE project_id = ${projectId} AND details #>> '{after,stable}' IS NOT NULL
    ORDER BY happened_at > ${moment}, abs(extract(epoch FROM happened_at - ${moment}::timestamptz)) LIMIT 1`.execute(
    database,
  );
  return rows[0]?.policyId ?? null;
}
