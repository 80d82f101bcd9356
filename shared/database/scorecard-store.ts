import { sql } from 'kysely';
import type { Metric } from '../domain/score.ts';
import type { WeightedShare } from '../domain/weighted-share.ts';
import type { Database } from './connect.ts';
import { IS_NO_LOSS_SCORE } from './loss-store.ts';
import { type ScoreDimension, type ScoreSummary, summariseScores } from './score-summary.ts';

/** How well one model of one provider uses tools, by rule: what can be published of it. */
export interface ScorecardRow {
  readonly provider: string | null;
  readonly model: string | null;
  /** Share of calls with tools that were used without an error of the model's own. */
  readonly toolUse: ScorecardShare;
  /** How much of the calls survived translation, which is no doing of the model's. */
  readonly fidelity: ScorecardShare | null;
  /** By a judge, per session; null where none has judged. */
  readonly taskCompletion: ScorecardShare | null;
  /** What went wrong by the model's fault, most calls first. */
  readonly faults: readonly { readonly scorer: string; readonly calls: number; readonly share: number }[];
}

export interface ScorecardShare extends WeightedShare {
  readonly n: number;
  readonly sessions: number;
  readonly undecided: number;
}

export interface Scorecard {
  readonly since: Date;
  readonly until: Date;
  /** Most calls first. */
  readonly rows: readonly ScorecardRow[];
}

const ROWS_MAX = 200;
const FAULTS_MAX = 5;
const BY: readonly ScoreDimension[] = ['provider', 'model'];

/** Tool-use correctness per provider and model between two moments. */
export async function readScorecard(
  database: Database,
  projectId: string,
  { since, until }: { readonly since: Date; readonly until: Date },
): Promise<Scorecard> {
  const summarise = (metric: Metric, scorer: string) =>
    summariseScores(database, projectId, {
      metric,
      scorer,
      by: BY,
      every: null,
      since,
      until,
      only: {},
      limit: ROWS_MAX,
    });
  const toolUse = await summarise('toolUse', 'toolUse');
  const fidelity = keyed(await summarise('fidelity', 'fidelity'));
  const taskCompletion = keyed(await summarise('taskCompletion', 'task_completion'));
  const faults = Map.groupBy(await readFaults(database, projectId, since, until), keyOf);
  const rows = toolUse.map((summary): ScorecardRow => {
    const provider = summary.group.provider ?? null;
    const model = summary.group.model ?? null;
    const key = keyOf({ provider, model });
    return {
      ...{ provider, model, toolUse: shareOf(summary) },
      fidelity: fidelity.get(key) ?? null,
      taskCompletion: taskCompletion.get(key) ?? null,
      faults: (faults.get(key) ?? [])
        .slice(0, FAULTS_MAX)
        .map(({ scorer, calls }) => ({ scorer, calls, share: Math.min(1, calls / summary.n) })),
    };
  });
  return { since, until, rows };
}

interface Fault {
  readonly provider: string | null;
  readonly model: string | null;
  readonly scorer: string;
  readonly calls: number;
}

async function readFaults(database: Database, projectId: string, since: Date, until: Date): Promise<readonly Fault[]> {
  const { rows } = await sql<Fault>`
    SELECT call.provider, coalesce(call.attempts -> -1 ->> 'model', call.response_model) AS model, score.scorer,
      count(DISTINCT score.call_id)::float8 AS calls
    FROM score JOIN call ON call.call_id = score.call_id AND call.project_id = score.project_id
    WHERE score.project_id = ${projectId} AND score.metric = 'toolUse' AND score.outcome = 'fail'
      AND score.owner = 'provider' AND score.severity IN ('error', 'fatal') AND score.judge IS NULL
      AND ${IS_NO_LOSS_SCORE} AND score.call_id >= lowest_call_id(${since}::timestamptz)
      AND score.call_id < lowest_call_id(${until}::timestamptz) AND call.source <> 'replay'
    GROUP BY 1, 2, 3 ORDER BY calls DESC, score.scorer`.execute(database);
  return rows;
}

function keyed(summaries: readonly ScoreSummary[]): ReadonlyMap<string, ScorecardShare> {
  return new Map(summaries.map((summary) => [keyOf(summary.group), shareOf(summary)]));
}

function keyOf(group: { readonly provider?: string | null; readonly model?: string | null }): string {
  return JSON.stringify([group.provider ?? null, group.model ?? null]);
}

function shareOf({ value, low, high, effectiveN, n, sessions, undecided }: ScoreSummary): ScorecardShare {
  return { value, low, high, effectiveN, n, sessions, undecided };
}
