import { sql } from 'kysely';
import { faultOwnerSchema, severitySchema } from '../domain/score.ts';
import { type QualityScore, sessionQuality } from '../domain/session-quality.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';
import { IS_NO_LOSS_SCORE } from './loss-store.ts';
import { listReplays, type Replay } from './replay-store.ts';

/** Where a search for a better prefix stands. `replaying` waits for the evaluator; the others are final. */
export type PromptRunStatus = 'replaying' | 'accepted' | 'rejected' | 'failed';

export interface PromptRun {
  readonly promptRunId: string;
  readonly projectId: string;
  readonly runId: string | null;
  readonly clusterId: string | null;
  readonly optimizer: string;
  readonly status: PromptRunStatus;
  readonly seedPrefixId: string | null;
  readonly candidatePrefixId: string | null;
  readonly state: unknown;
  readonly result: unknown;
  readonly costUsd: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** Failures of one fixable cluster on one model in one turn shape, while the stable policy was served. */
export interface FixableFailures {
  readonly clusterId: string;
  readonly check: string;
  readonly stage: string;
  readonly expectedVsActual: string;
  readonly turnShape: string;
  readonly model: string;
  readonly prefixId: string | null;
  readonly failures: number;
  readonly sessions: number;
}

/** A stored call that can be sent again. */
export interface ReplayableCall {
  readonly callId: string;
  readonly transcriptHead: string;
  readonly failing: boolean;
}

export interface ReplayOutcome {
  readonly replayId: string;
  readonly status: 'pending' | 'done' | 'error';
  readonly quality: number | null;
  /** Deterministic checks that failed by the model's fault. */
  readonly failed: readonly string[];
  readonly costUsd: number;
}

const FIXABLE_MAX = 20;
const FAILING_SHARE = 0.625;

/** What a prefix could cure, most failures first. */
export async function readFixableFailures(
  database: Database,
  projectId: string,
  window: { readonly since: Date; readonly asOf: Date; readonly minSessions: number },
): Promise<FixableFailures[]> {
  const rows = await sql<FixableFailures>`
    SELECT cluster.cluster_id AS "clusterId", cluster.check_id AS "check", cluster.stage,
      min(template.expected_vs_actual) AS "expectedVsActual", event.turn_shape AS "turnShape", event.model,
      event.prefix_id AS "prefixId", count(*) AS failures, count(DISTINCT event.session_id) AS sessions
    FROM failure_cluster cluster
    JOIN cluster_assignment assignment ON assignment.cluster_id = cluster.cluster_id AND assignment.valid_to IS NULL
    JOIN failure_template template USING (template_id)
    JOIN failure_event event USING (template_id)
    WHERE cluster.project_id = ${projectId} AND cluster.prefix_fixable
      AND cluster.status NOT IN ('resolved', 'archived', 'ignored') AND event.model IS NOT NULL
      AND event.happened_at >= ${window.since} AND event.happened_at <= ${window.asOf}
    GROUP BY cluster.cluster_id, cluster.check_id, cluster.stage, event.turn_shape, event.model, event.prefix_id
    HAVING count(DISTINCT event.session_id) >= ${window.minSessions}
    ORDER BY count(*) DESC, cluster.cluster_id, event.model LIMIT ${FIXABLE_MAX}`.execute(database);
  return rows.rows;
}

/**
 * Failing calls of the cluster and passing ones of the same turn shape and model, newest first. More failing ones: they
 * carry the proof of an improvement, and the passing ones show whether something else breaks.
 */
export async function readReplayableCalls(
  database: Database,
  projectId: string,
  target: FixableFailures,
  window: { readonly since: Date; readonly asOf: Date; readonly limit: number },
): Promise<ReplayableCall[]> {
  const failingMax = Math.max(1, Math.round(window.limit * FAILING_SHARE));
  const passingMax = Math.max(1, window.limit - failingMax);
  const common = sql`call.project_id = ${projectId} AND call.source <> 'replay' AND call.transcript_head IS NOT NULL
    AND call.turn_shape = ${target.turnShape} AND call.call_id >= lowest_call_id(${window.since}::timestamptz)
    AND call.stored_at <= ${window.asOf} AND coalesce(call.attempts -> -1 ->> 'model', call.response_model) = ${target.model}`;
  const failing = await sql<{ callId: string; transcriptHead: string }>`
    SELECT call.call_id AS "callId", encode(call.transcript_head, 'hex') AS "transcriptHead" FROM call
    WHERE ${common} AND EXISTS (
      SELECT 1 FROM failure_event event JOIN cluster_assignment assignment USING (template_id)
      WHERE event.call_id = call.call_id AND event.project_id = call.project_id
        AND assignment.cluster_id = ${target.clusterId}::uuid AND assignment.valid_to IS NULL)
    ORDER BY call.call_id DESC LIMIT ${failingMax}`.execute(database);
  const passing = await sql<{ callId: string; transcriptHead: string }>`
    SELECT call.call_id AS "callId", encode(call.transcript_head, 'hex') AS "transcriptHead" FROM call
    WHERE ${common} AND call.status = 'ok'
      AND EXISTS (SELECT 1 FROM scoring_run WHERE scoring_run.call_id = call.call_id AND scoring_run.project_id = call.project_id)
      AND NOT EXISTS (SELECT 1 FROM score WHERE score.call_id = call.call_id AND score.project_id = call.project_id
        AND score.outcome = 'fail' AND ${IS_NO_LOSS_SCORE})
    ORDER BY call.call_id DESC LIMIT ${passingMax}`.execute(database);
  return [
    ...failing.rows.map((row) => ({ ...row, failing: true })),
    ...passing.rows.map((row) => ({ ...row, failing: false })),
  ];
}

/** The version of the scorer set that evaluators use now; null before the first call was scored. */
export async function readScorerSet(database: Database, projectId: string): Promise<string | null> {
  const row = await database
    .selectFrom('scoringRun')
    .select('scorerSet')
    .where('projectId', '=', projectId)
    // Scorers of the operator's own have runs, and are no part of the set.
    .where('scorerSet', 'not like', 'custom:%')
    .orderBy('callId', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.scorerSet ?? null;
}

/** What the replays have come to so far, by id. */
export async function readReplays(
  database: Database,
  projectId: string,
  replayIds: readonly string[],
): Promise<Map<string, ReplayOutcome>> {
  const replays = await listReplays(database, projectId, replayIds);
  return new Map(replays.map((replay) => [replay.replayId, asOutcome(replay)]));
}

/**
 * The quality that a session of this one call would have: its tool use, under the cap of what failed by the model's
 * fault. Null when no tool was used, or when the replay could not be done.
 */
function asOutcome({ replayId, status, result, costUsd }: Replay): ReplayOutcome {
  if (status !== 'done' || result === null) return { replayId, status, costUsd, quality: null, failed: [] };
  const { toolUse, failures } = result;
  const score = {
    subjectType: 'call',
    metric: 'toolUse',
    status: 'scored',
    judge: null,
    samplingProbability: 1,
  } as const;
  const checks = failures.map((failure): QualityScore => {
    const owner = faultOwnerSchema.catch('provider').parse(failure.owner);
    const severity = severitySchema.catch('error').parse(failure.severity);
    return { ...score, outcome: 'fail', value: 0, owner, severity };
  });
  const metric: QualityScore[] =
    toolUse === null
      ? []
      : [{ ...score, outcome: toolUse >= 1 ? 'pass' : 'fail', value: toolUse, owner: null, severity: null }];
  const failed = failures.filter((failure) => failure.owner === 'provider').map((failure) => failure.scorer);
  return { replayId, status, costUsd, quality: sessionQuality([...checks, ...metric]), failed };
}

export async function createPromptRun(
  database: Database,
  run: {
    readonly projectId: string;
    readonly runId: string;
    readonly clusterId: string;
    readonly optimizer: string;
    readonly status: PromptRunStatus;
    readonly seedPrefixId: string | null;
    readonly candidatePrefixId: string | null;
    readonly state: unknown;
    readonly result: unknown;
    readonly costUsd: number;
  },
): Promise<PromptRun> {
  const row = await database
    .insertInto('promptRun')
    .values({
      ...run,
      promptRunId: sql`gen_random_uuid()`,
      state: jsonText(run.state),
      result: jsonText(run.result),
      finishedAt: run.status === 'replaying' ? null : sql`now()`,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { ...row, status: row.status as PromptRunStatus };
}

/** Ends a search. False when it had ended before. */
export async function finishPromptRun(
  database: Database,
  promptRunId: string,
  end: { readonly status: Exclude<PromptRunStatus, 'replaying'>; readonly result: unknown; readonly costUsd: number },
): Promise<boolean> {
  const ended = await database
    .updateTable('promptRun')
    .set({ status: end.status, result: jsonText(end.result), costUsd: end.costUsd, finishedAt: sql`now()` })
    .where('promptRunId', '=', promptRunId)
    .where('status', '=', 'replaying')
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/** Whether a policy with the prefix was tried and did not stay: its rollout ended otherwise, or it was rolled back. */
export async function wasPrefixTurnedDown(database: Database, projectId: string, prefixId: string): Promise<boolean> {
  const found = await sql<{ found: boolean }>`
    SELECT EXISTS (
      SELECT 1 FROM policy LEFT JOIN policy_pointer pointer USING (project_id)
      LEFT JOIN rollout ON rollout.project_id = policy.project_id AND rollout.candidate = policy.policy_id
      WHERE policy.project_id = ${projectId} AND position(${prefixId} IN policy.body::text) > 0
        AND (policy.policy_id = ANY (pointer.revoked) OR rollout.status IN ('rolled_back', 'inconclusive', 'aborted'))
    ) AS found`.execute(database);
  return found.rows[0]?.found ?? false;
}

/** Searches since a moment, newest first: a cure that failed yesterday is not tried again today. */
export async function readPromptRuns(database: Database, projectId: string, since: Date): Promise<PromptRun[]> {
  const rows = await database
    .selectFrom('promptRun')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('createdAt', '>=', since)
    .orderBy('createdAt', 'desc')
    .execute();
  return rows.map((row) => ({ ...row, status: row.status as PromptRunStatus }));
}
