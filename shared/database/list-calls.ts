import { sql } from 'kysely';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { IS_NO_LOSS_SCORE } from './loss-store.ts';

export interface CallSummary {
  readonly callId: string;
  readonly sessionId: string;
  readonly source: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly timeToFirstChunkMs: number | null;
  readonly clientFormat: string;
  readonly provider: string | null;
  readonly requestModel: string;
  readonly responseModel: string | null;
  readonly turnShape: string;
  readonly policyId: string | null;
  readonly epoch: number | null;
  readonly ruleId: string | null;
  readonly rolloutId: string | null;
  readonly variant: string | null;
  readonly prefixId: string | null;
  readonly path: string;
  readonly status: string;
  readonly stopReason: string | null;
  readonly errorType: string | null;
  readonly inputTokens: number | null;
  readonly cacheReadInputTokens: number | null;
  readonly cacheCreationInputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly failures: number;
}

export interface CallDetail extends CallSummary {
  readonly developer: string | null;
  readonly repo: string | null;
  readonly parentCallId: string | null;
  readonly upstreamFormat: string | null;
  readonly propensity: number | null;
  readonly candidates: unknown;
  readonly attempts: unknown;
  readonly losses: unknown;
  readonly completeness: unknown;
  readonly capture: string;
}

export interface CallFilter {
  readonly before?: string | undefined;
  readonly limit: number;
  readonly sessionId?: string | undefined;
  readonly turnShape?: string | undefined;
  readonly provider?: string | undefined;
  readonly status?: string | undefined;
  readonly clusterId?: string | undefined;
}

export interface ScoreRow {
  readonly callId: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly scorer: string;
  readonly scorerVersion: string;
  readonly pass: string;
  readonly sample: number;
  readonly metric: string;
  readonly status: string;
  readonly outcome: string;
  readonly value: number | null;
  readonly owner: string | null;
  readonly severity: string | null;
  readonly confidence: number | null;
  readonly samplingProbability: number;
  readonly evidence: unknown;
  readonly explanation: string | null;
  readonly judge: unknown;
  readonly costUsd: number;
  readonly createdAt: Date;
}

export interface UsageRow {
  readonly day: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly calls: number;
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
}

const SUMMARY_COLUMNS = [
  'call.callId',
  'call.sessionId',
  'call.source',
  'call.startedAt',
  'call.durationMs',
  'call.timeToFirstChunkMs',
  'call.clientFormat',
  'call.provider',
  'call.requestModel',
  'call.responseModel',
  'call.turnShape',
  'call.policyId',
  'call.epoch',
  'call.ruleId',
  'call.rolloutId',
  'call.variant',
  'call.prefixId',
  'call.path',
  'call.status',
  'call.stopReason',
  'call.errorType',
  'call.inputTokens',
  'call.cacheReadInputTokens',
  'call.cacheCreationInputTokens',
  'call.outputTokens',
  'call.costUsd',
] as const;

const FAILURES = sql<number>`(SELECT count(*) FROM score WHERE score.call_id = call.call_id
  AND score.project_id = call.project_id AND score.outcome = 'fail' AND score.severity IS NOT NULL
  AND ${IS_NO_LOSS_SCORE})`.as('failures');

/** Calls of traffic, newest first, before a call id (which carries the start time). */
export async function listCalls(database: Database, projectId: string, filter: CallFilter): Promise<CallSummary[]> {
  let query = database
    .selectFrom('call')
    .select([...SUMMARY_COLUMNS, FAILURES])
    .where('call.projectId', '=', projectId);
  if (filter.before !== undefined) query = query.where('call.callId', '<', filter.before);
  if (filter.sessionId !== undefined) query = query.where('call.sessionId', '=', storableText(filter.sessionId));
  if (filter.turnShape !== undefined) query = query.where('call.turnShape', '=', storableText(filter.turnShape));
  if (filter.provider !== undefined) query = query.where('call.provider', '=', storableText(filter.provider));
  if (filter.status !== undefined) query = query.where('call.status', '=', filter.status);
  const { clusterId } = filter;
  if (clusterId !== undefined) {
    query = query.where(
      sql<boolean>`EXISTS (SELECT 1 FROM failure_event event JOIN cluster_assignment assignment USING (template_id)
        WHERE event.call_id = call.call_id AND event.project_id = call.project_id
          AND assignment.cluster_id = ${clusterId}::uuid AND assignment.valid_to IS NULL)`,
    );
  }
  return await query.orderBy('call.callId', 'desc').limit(filter.limit).execute();
}

export async function readCallDetail(
  database: Database,
  projectId: string,
  callId: string,
): Promise<CallDetail | null> {
  const row = await database
    .selectFrom('call')
    .select([
      ...SUMMARY_COLUMNS,
      FAILURES,
      'call.developer',
      'call.repo',
      'call.parentCallId',
      'call.upstreamFormat',
      'call.propensity',
      'call.candidates',
      'call.attempts',
      'call.losses',
      'call.completeness',
      'call.capture',
    ])
    .where('call.projectId', '=', projectId)
    .where('call.callId', '=', callId)
    .executeTakeFirst();
  return row ?? null;
}

/** Score rows by their calls, newest call first, before a row of that order; of one call on request. */
export async function listScores(
  database: Database,
  projectId: string,
  filter: {
    readonly callId?: string | undefined;
    readonly outcome?: string | undefined;
    readonly scorer?: string | undefined;
    readonly before?: { readonly callId: string; readonly key: string } | undefined;
    readonly limit: number;
  },
): Promise<(ScoreRow & { readonly key: string })[]> {
  const key = sql<string>`concat_ws('/', subject_type, subject_id, scorer, scorer_version, pass, sample)`;
  let query = database
    .selectFrom('score')
    .select([
      'callId',
      'subjectType',
      'subjectId',
      'scorer',
      'scorerVersion',
      'pass',
      'sample',
      'metric',
      'status',
      'outcome',
      'value',
      'owner',
      'severity',
      'confidence',
      'samplingProbability',
      'evidence',
      'explanation',
      'judge',
      'costUsd',
      'createdAt',
      key.as('key'),
    ])
    .where('projectId', '=', projectId);
  if (filter.callId !== undefined) query = query.where('callId', '=', filter.callId);
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
  if (filter.scorer !== undefined) query = query.where('scorer', '=', filter.scorer);
  const { before } = filter;
  if (before !== undefined) {
    query = query.where(sql<boolean>`(call_id, ${key}) < (${before.callId}::uuid, ${before.key})`);
  }
  return await query.orderBy('callId', 'desc').orderBy(key, 'desc').limit(filter.limit).execute();
}

/** Tokens and cost per day, provider and model; replays are no traffic. */
export async function readUsage(database: Database, projectId: string, since: Date): Promise<UsageRow[]> {
  const rows = await sql<UsageRow>`
    SELECT to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, provider, response_model AS model,
      count(*) AS calls, coalesce(sum(input_tokens), 0)::float8 AS "inputTokens",
      coalesce(sum(cache_read_input_tokens), 0)::float8 AS "cacheReadInputTokens",
      coalesce(sum(cache_creation_input_tokens), 0)::float8 AS "cacheCreationInputTokens",
      coalesce(sum(output_tokens), 0)::float8 AS "outputTokens", coalesce(sum(cost_usd), 0) AS "costUsd"
    FROM call WHERE project_id = ${projectId} AND source <> 'replay'
      AND call_id >= lowest_call_id(${since}::timestamptz) AND started_at >= ${since}
    GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3`.execute(database);
  return rows.rows;
}
