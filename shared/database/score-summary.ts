import { type RawBuilder, sql } from 'kysely';
import type { Metric } from '../domain/score.ts';
import { type WeightedShare, weightedShare } from '../domain/weighted-share.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** What scores can be told apart by. */
export const SCORE_DIMENSIONS = ['provider', 'model', 'turnShape', 'tool', 'repo'] as const;
export type ScoreDimension = (typeof SCORE_DIMENSIONS)[number];

/** A stretch of time that scores are taken together over; null for all of it. */
export const SCORE_PERIODS = ['hour', 'day', 'week'] as const;
export type ScorePeriod = (typeof SCORE_PERIODS)[number];

export interface ScoreQuestion {
  readonly metric: Metric;
  /** Whose values count: the metric's own by rule, or a judge's. */
  readonly scorer: string;
  readonly by: readonly ScoreDimension[];
  readonly every: ScorePeriod | null;
  readonly since: Date;
  readonly until: Date;
  /** Only where a dimension has this value. */
  readonly only: Readonly<Partial<Record<Exclude<ScoreDimension, 'tool'>, string>>>;
  readonly limit: number;
}

/** The mean of a metric over what one group of calls, or of sessions, came to. */
export interface ScoreSummary extends WeightedShare {
  readonly group: Readonly<Partial<Record<ScoreDimension, string | null>>>;
  /** Start of the period, UTC; null without periods. */
  readonly from: Date | null;
  /** Calls with a value; sessions where the metric is one of sessions, uses of tools where it is told apart by tool. */
  readonly n: number;
  readonly sessions: number;
  /** Calls about which nothing could be decided; they are in none of the numbers. */
  readonly undecided: number;
}

interface SummaryRow {
  readonly provider: string | null;
  readonly model: string | null;
  readonly turnShape: string | null;
  readonly repo: string | null;
  readonly tool: string | null;
  readonly period: Date | null;
  readonly n: number;
  readonly undecided: number;
  readonly sessions: number;
  readonly w: number;
  readonly v: number;
  readonly ww: number;
  readonly vv: number;
  readonly vw: number;
}

const COLUMNS: Readonly<Record<ScoreDimension, RawBuilder<unknown>>> = {
  provider: sql`call.provider`,
  model: sql`coalesce(call.attempts -> -1 ->> 'model', call.response_model)`,
  turnShape: sql`call.turn_shape`,
  repo: sql`call.repo`,
  tool: sql`used.tool`,
};
const NONE = sql`NULL::text`;

/**
 * Scores in groups, most observations first, or the newest period first. A call counts once: by the worst of its passes,
 * each the mean of its samples; weighted by the inverse of the probability with which it was scored. Replays are no
 * traffic, and the parts of a session are in the whole.
 */
export async function summariseScores(
  database: Database,
  projectId: string,
  question: ScoreQuestion,
): Promise<readonly ScoreSummary[]> {
  const { by, every, limit } = question;
  const column = (name: ScoreDimension) => (by.includes(name) ? COLUMNS[name] : NONE);
  const period = every === null ? sql`NULL::timestamptz` : sql`date_trunc(${sql.lit(every)}, call.started_at, 'UTC')`;
  const order = every === null ? sql`sum(n) DESC` : sql`period DESC, sum(n) DESC`;
  const { rows } = await sql<SummaryRow>`
    WITH ${verdictsOf(projectId, question)}, by_session AS (
      SELECT ${column('provider')} AS provider, ${column('model')} AS model, ${column('turnShape')} AS turn_shape,
        ${column('repo')} AS repo, ${column('tool')} AS tool, ${period} AS period, call.session_id,
        count(observed.value) AS n, count(*) FILTER (WHERE observed.value IS NULL) AS undecided,
        coalesce(sum(verdict.weight) FILTER (WHERE observed.value IS NOT NULL), 0) AS w,
        coalesce(sum(verdict.weight * observed.value), 0) AS v
      FROM verdict JOIN call ON call.call_id = verdict.call_id AND call.project_id = ${projectId}
      ${by.includes('tool') ? usedTools(projectId) : sql`CROSS JOIN LATERAL (SELECT verdict.value) AS observed`}
      WHERE call.source <> 'replay' AND call.started_at >= ${question.since} AND call.started_at < ${question.until}
        ${onlyOf(question)}
      GROUP BY 1, 2, 3, 4, 5, 6, 7
    )
    SELECT provider, model, turn_shape AS "turnShape", repo, tool, period, sum(n)::float8 AS n,
      sum(undecided)::float8 AS undecided, (count(*) FILTER (WHERE w > 0))::float8 AS sessions, sum(w) AS w, sum(v) AS v,
      sum(w * w) AS ww, sum(v * v) AS vv, sum(v * w) AS vw
    FROM by_session GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY ${order}, 1, 2, 3, 4, 5 LIMIT ${limit}`.execute(database);
  return rows.flatMap((row) => summaryOf(row, by));
}

function verdictsOf(projectId: string, { metric, scorer, since, until }: ScoreQuestion): RawBuilder<unknown> {
  return sql`pass_verdict AS (
      SELECT call_id, subject_type, subject_id, avg(value) AS value, max(1 / sampling_probability) AS weight,
        (array_agg(evidence ORDER BY sample))[1] AS evidence
      FROM score
      WHERE project_id = ${projectId} AND metric = ${metric} AND scorer = ${scorer} AND subject_type <> 'agent'
        AND severity IS NULL AND call_id >= lowest_call_id(${since}::timestamptz)
        AND call_id < lowest_call_id(${until}::timestamptz)
      GROUP BY call_id, subject_type, subject_id, pass
    ), verdict AS (
      SELECT call_id, min(value) AS value, max(weight) AS weight,
        (array_agg(evidence ORDER BY jsonb_array_length(evidence) DESC))[1] AS evidence
      FROM pass_verdict GROUP BY call_id, subject_type, subject_id
    )`;
}

/**
 * Each use of a tool for itself. The metric's row names the tools; of a call that failed, the checks that failed it say
 * by their pointers which use it was, and all of its uses failed where they point at none.
 */
function usedTools(projectId: string): RawBuilder<unknown> {
  const faults = sql`FROM score AS fault, jsonb_array_elements(fault.evidence) AS place
      WHERE fault.project_id = ${projectId} AND fault.call_id = verdict.call_id AND fault.metric = 'toolUse'
        AND fault.outcome = 'fail' AND fault.owner = 'provider' AND fault.severity IN ('error', 'fatal')`;
  return sql`
      CROSS JOIN LATERAL (
        SELECT use ->> 'quote' AS tool, use ->> 'pointer' AS pointer FROM jsonb_array_elements(verdict.evidence) AS use
      ) AS used
      CROSS JOIN LATERAL (
        SELECT CASE
          WHEN verdict.value IS NULL OR verdict.value = 1 THEN verdict.value
          WHEN NOT EXISTS (SELECT 1 ${faults} AND place ->> 'pointer' LIKE '/response/content/%') THEN verdict.value
          WHEN EXISTS (SELECT 1 ${faults} AND (place ->> 'pointer' = used.pointer
            OR starts_with(place ->> 'pointer', used.pointer || '/'))) THEN 0
          ELSE 1 END AS value
      ) AS observed`;
}

function onlyOf({ only }: ScoreQuestion): RawBuilder<unknown> {
  const conditions = SCORE_DIMENSIONS.flatMap((name) => {
    const value = name === 'tool' ? undefined : only[name];
    return value === undefined ? [] : [sql`AND ${COLUMNS[name]} = ${storableText(value)}`];
  });
  return sql.join(conditions, sql` `);
}

function summaryOf(row: SummaryRow, by: readonly ScoreDimension[]): ScoreSummary[] {
  const share = weightedShare(row);
  if (share === null) return [];
  const group = Object.fromEntries(by.map((name) => [name, row[name]]));
  const { n, sessions, undecided } = row;
  return [{ group, from: row.period, n, sessions, undecided, ...share }];
}
