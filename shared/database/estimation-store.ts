import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** Mean tokens per session. `inputTokens` excludes cache tokens. */
interface SessionTokens {
  readonly sessions: number;
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly outputTokens: number;
}

/** One scored session of a cell; `atMs` is when it was first scored. */
interface ScoredSession {
  readonly quality: number;
  readonly hardFailure: boolean;
  readonly atMs: number;
  readonly keyId: string | null;
}

/** Time that the calls of a session take, in milliseconds, over `sessions` sessions. */
interface SessionLatency {
  readonly sessions: number;
  readonly meanMs: number;
  readonly p95Ms: number;
}

/** What the closed sessions of one turn shape on one model have shown. */
export interface SessionCell {
  readonly turnShape: string;
  readonly model: string;
  /** In the order of their first scoring. */
  readonly sessions: readonly ScoredSession[];
  /** Those of `sessions`. */
  readonly qualities: readonly number[];
  readonly tokens: SessionTokens | null;
  /** Mean duration of a session's calls, and what 95 of 100 sessions stay under. */
  readonly latency: SessionLatency | null;
}

export interface CellWindow {
  readonly since: Date;
  /** Sessions that closed after it are not seen: a run that is resumed must see what it saw before. */
  readonly asOf: Date;
  readonly sessionsPerCellMax: number;
}

export interface SessionOfRollout {
  readonly sessionId: string;
  readonly variant: 'canary' | 'control';
  readonly stratum: string;
  readonly startedAtMs: number;
  readonly lastCallAtMs: number;
  readonly quality: number | null;
  readonly hardFailure: boolean;
  readonly keyId: string | null;
}

/** A newly scored session of a watched cell; `at` keeps the database's microseconds, which a Date would lose. */
export interface WatchedSession {
  readonly sessionId: string;
  readonly quality: number;
  readonly keyId: string | null;
  readonly at: string;
}

/** Session sources too weak to keep one conversation in one arm; see the domain's list. */
const WEAK_SOURCES = ['fingerprint', 'call'];
const ROLLOUT_SESSIONS_MAX = 50_000;
/** A quality written in a transaction that commits after a later one must not be passed over; the database's clock. */
const COMMIT_GRACE = '1 second';

/**
 * Closed and scored sessions by turn shape and model, the newest of each cell. Sessions from before a model was served
 * as another one were that other one's.
 */
export async function readSessionCells(
  database: Database,
  projectId: string,
  window: CellWindow,
): Promise<SessionCell[]> {
  const rows = await sql<{
    turnShape: string;
    model: string;
    qualities: number[];
    hardFailures: boolean[];
    scoredAtMs: number[];
    keyIds: (string | null)[];
    tokenSessions: number;
    inputTokens: number | null;
    cacheReadInputTokens: number | null;
    cacheCreationInputTokens: number | null;
    outputTokens: number | null;
    meanMs: number | null;
    p95Ms: number | null;
  }>`
    WITH placed AS (
      SELECT session_id, turn_shape, model, quality, started_at, hard_failure, key_id,
        coalesce(first_scored_at, quality_at) AS scored_at,
        row_number() OVER (PARTITION BY turn_shape, model ORDER BY started_at DESC, session_id DESC) AS place
      FROM session
      WHERE project_id = ${projectId} AND closed_at IS NOT NULL AND closed_at <= ${window.asOf}
        AND started_at >= ${window.since} AND quality IS NOT NULL AND quality_at <= ${window.asOf}
        AND model IS NOT NULL
        AND started_at >= coalesce((SELECT max(changed_at) FROM served_model
          WHERE served_model.project_id = session.project_id AND served_model.model = session.model
            AND changed_at <= ${window.asOf}), '-infinity')
        AND NOT EXISTS (SELECT 1 FROM call WHERE call_id = first_call_id AND call.project_id = session.project_id AND call.source = 'replay')
    ), picked AS (SELECT * FROM placed WHERE place <= ${window.sessionsPerCellMax}),
    spent AS (
      SELECT picked.session_id, sum(input_tokens) AS input, sum(cache_read_input_tokens) AS cache_read,
        sum(cache_creation_input_tokens) AS cache_creation, sum(output_tokens) AS output, avg(duration_ms) AS duration
      FROM picked JOIN call ON call.project_id = ${projectId} AND call.session_id = picked.session_id
        AND call.source <> 'replay' AND call.call_id >= lowest_call_id(${window.since}::timestamptz)
      WHERE input_tokens IS NOT NULL
      GROUP BY picked.session_id
    )
    SELECT turn_shape AS "turnShape", model, array_agg(quality ORDER BY scored_at, picked.session_id) AS qualities,
      array_agg(hard_failure ORDER BY scored_at, picked.session_id) AS "hardFailures",
      array_agg((extract(epoch FROM scored_at) * 1000)::float8 ORDER BY scored_at, picked.session_id) AS "scoredAtMs",
      array_agg(key_id::text ORDER BY scored_at, picked.session_id) AS "keyIds",
      avg(spent.duration)::float8 AS "meanMs",
      percentile_cont(0.95) WITHIN GROUP (ORDER BY spent.duration)::float8 AS "p95Ms",
      count(spent.session_id) AS "tokenSessions", avg(spent.input)::float8 AS "inputTokens",
      avg(spent.cache_read)::float8 AS "cacheReadInputTokens", avg(spent.cache_creation)::float8 AS "cacheCreationInputTokens",
      avg(spent.output)::float8 AS "outputTokens"
    FROM picked LEFT JOIN spent USING (session_id)
    GROUP BY turn_shape, model ORDER BY turn_shape, model`.execute(database);
  return rows.rows.map((row) => ({
    turnShape: row.turnShape,
    model: row.model,
    qualities: row.qualities,
    sessions: row.qualities.map((quality, index) => ({
      quality,
      hardFailure: row.hardFailures[index] ?? false,
      atMs: row.scoredAtMs[index] ?? 0,
      keyId: row.keyIds[index] ?? null,
    })),
    latency:
      row.meanMs === null || row.p95Ms === null
        ? null
        : { sessions: row.tokenSessions, meanMs: row.meanMs, p95Ms: row.p95Ms },
    tokens:
      row.tokenSessions === 0
        ? null
        : {
            sessions: row.tokenSessions,
            inputTokens: row.inputTokens ?? 0,
            cacheReadInputTokens: row.cacheReadInputTokens ?? 0,
            cacheCreationInputTokens: row.cacheCreationInputTokens ?? 0,
            outputTokens: row.outputTokens ?? 0,
          },
  }));
}

/** The sessions that a rollout assigned to its two arms, whatever they were served in the end (intention to treat). */
export async function readRolloutSessions(
  database: Database,
  projectId: string,
  rolloutId: string,
): Promise<SessionOfRollout[]> {
  const rows = await database
    .selectFrom('session')
    .select(['sessionId', 'variant', 'turnShape', 'startedAt', 'lastCallAt', 'quality', 'hardFailure', 'keyId'])
    .where('projectId', '=', projectId)
    .where('rolloutId', '=', rolloutId)
    .where('variant', 'in', ['canary', 'control'])
    .where('source', 'not in', WEAK_SOURCES)
    .orderBy('startedAt')
    .limit(ROLLOUT_SESSIONS_MAX)
    .execute();
  return rows.map((row) => ({
    sessionId: row.sessionId,
    variant: row.variant === 'canary' ? 'canary' : 'control',
    stratum: row.turnShape,
    startedAtMs: row.startedAt.getTime(),
    lastCallAtMs: row.lastCallAt.getTime(),
    quality: row.quality,
    hardFailure: row.hardFailure,
    keyId: row.keyId,
  }));
}

/** Scored sessions since a moment that a stable policy served, whichever it was: the traffic that alarms watch. */
export async function countWatchableSessions(database: Database, projectId: string, since: Date): Promise<number> {
  const row = await database
    .selectFrom('session')
    .select((build) => build.fn.countAll<number>().as('sessions'))
    .where('projectId', '=', projectId)
    .where('startedAt', '>=', since)
    .where('quality', 'is not', null)
    .where('variant', 'in', ['stable', 'control'])
    .executeTakeFirstOrThrow();
  return row.sessions;
}

/** Cells that the policy has served since a moment. */
export async function readServedCells(
  database: Database,
  projectId: string,
  policyId: string,
  since: Date,
): Promise<{ turnShape: string; model: string }[]> {
  const rows = await database
    .selectFrom('session')
    .select(['turnShape', 'model'])
    .where('projectId', '=', projectId)
    .where('policyId', '=', policyId)
    .where('startedAt', '>=', since)
    .where('quality', 'is not', null)
    .where('model', 'is not', null)
    .where('variant', 'in', ['stable', 'control'])
    .groupBy(['turnShape', 'model'])
    .orderBy('turnShape')
    .orderBy('model')
    .execute();
  return rows.map((row) => ({ ...row, model: row.model ?? '' }));
}

/** Qualities of a turn shape under the policies that stood before, newest first and bounded: what must be held. */
export async function readIncumbentQualities(
  database: Database,
  projectId: string,
  cell: { readonly turnShape: string; readonly policyId: string; readonly revoked: readonly string[] },
  limit: number,
): Promise<number[]> {
  const rows = await database
    .selectFrom('session')
    .select('quality')
    .where('projectId', '=', projectId)
    .where('turnShape', '=', cell.turnShape)
    .where('policyId', 'is not', null)
    .where('policyId', 'not in', [cell.policyId, ...cell.revoked])
    .where('variant', 'in', ['stable', 'control'])
    .where('quality', 'is not', null)
    .orderBy('startedAt', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap((row) => row.quality ?? []);
}

/**
 * Qualities of a cell under other policies, and where it was explored, since a moment; newest first and bounded: what the
 * model itself has been chosen for.
 */
export async function readOwnQualities(
  database: Database,
  projectId: string,
  cell: { readonly turnShape: string; readonly model: string; readonly policyId: string; readonly since: Date },
  limit: number,
): Promise<number[]> {
  const rows = await database
    .selectFrom('session')
    .select('quality')
    .where('projectId', '=', projectId)
    .where('turnShape', '=', cell.turnShape)
    .where('model', '=', cell.model)
    .where('startedAt', '>=', cell.since)
    .where((where) => where.or([where('policyId', '<>', cell.policyId), where('variant', '=', 'exploration')]))
    .where('quality', 'is not', null)
    .orderBy('startedAt', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap((row) => row.quality ?? []);
}

/** Qualities of a cell in the canaries of its policy, newest first and bounded: what it was promoted on. */
export async function readCanaryQualities(
  database: Database,
  projectId: string,
  cell: { readonly turnShape: string; readonly model: string; readonly policyId: string },
  limit: number,
): Promise<number[]> {
  const rows = await database
    .selectFrom('session')
    .select('quality')
    .where('projectId', '=', projectId)
    .where('turnShape', '=', cell.turnShape)
    .where('model', '=', cell.model)
    .where('policyId', '=', cell.policyId)
    .where('variant', '=', 'canary')
    .where('quality', 'is not', null)
    .orderBy('startedAt', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap((row) => row.quality ?? []);
}

/**
 * Scored sessions of a cell under a policy after a place in the order of their first scoring, oldest first. A session
 * that went on afterwards keeps its place and is not read again: it is one observation, however often it is closed.
 */
export async function readWatchedSessions(
  database: Database,
  projectId: string,
  cell: { readonly turnShape: string; readonly model: string; readonly policyId: string },
  after: { readonly at: string; readonly sessionId: string } | null,
  limit: number,
): Promise<WatchedSession[]> {
  const rows = await sql<WatchedSession>`
    SELECT session_id AS "sessionId", quality, key_id AS "keyId", first_scored_at::text AS at FROM session
    WHERE project_id = ${projectId} AND turn_shape = ${cell.turnShape} AND model = ${cell.model}
      AND policy_id = ${cell.policyId} AND variant IN ('stable', 'control')
      AND quality IS NOT NULL AND first_scored_at < clock_timestamp() - ${COMMIT_GRACE}::interval
      AND (${after?.at ?? null}::timestamptz IS NULL
        OR (first_scored_at, session_id) > (${after?.at ?? null}::timestamptz, ${after?.sessionId ?? ''}))
    ORDER BY session.first_scored_at, session_id LIMIT ${limit}`.execute(database);
  return rows.rows;
}

/** Sessions per turn shape since a moment: how far each is on its way to a decision. */
export async function countSessions(
  database: Database,
  projectId: string,
  since: Date,
): Promise<{ turnShape: string; sessions: number; scored: number; open: number }[]> {
  const rows = await sql<{ turnShape: string; sessions: number; scored: number; open: number }>`
    SELECT turn_shape AS "turnShape", count(*) AS sessions, count(quality) AS scored,
      count(*) FILTER (WHERE closed_at IS NULL) AS open
    FROM session WHERE project_id = ${projectId} AND started_at >= ${since}
    GROUP BY turn_shape ORDER BY count(*) DESC, turn_shape`.execute(database);
  return rows.rows;
}
