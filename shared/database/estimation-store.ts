import { sql } from 'kysely';
import * as z from 'zod';
import type { SampledQuality } from '../domain/session-quality.ts';
import type { Database } from './connect.ts';
import { type DriftWindow, heldByDrift } from './held-by-drift.ts';

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
  /** As drawn verdicts make it; null where every verdict was certain to be asked for. */
  readonly sampled: SampledQuality | null;
  /** Without any judge; null for sessions that were closed before it was kept. */
  readonly qualityByRule: number | null;
  /** Whether a judge had a say in it while it was away from its anchors. */
  readonly heldByDrift: boolean;
  /** Chance that it had of its model; null where none was logged. */
  readonly propensity: number | null;
  /** Of one of its calls, drawn by its id. */
  readonly durationMs: number | null;
  readonly timeToFirstChunkMs: number | null;
}

/** What the closed sessions of one turn shape on one model have shown. */
export interface SessionCell {
  readonly turnShape: string;
  readonly model: string;
  /** In the order of their first scoring. */
  readonly sessions: readonly ScoredSession[];
  readonly tokens: SessionTokens | null;
}

export interface CellWindow {
  readonly since: Date;
  /** Sessions that closed after it are not seen: a run that is resumed must see what it saw before. */
  readonly asOf: Date;
  readonly sessionsPerCellMax: number;
  /** Sessions in which such a judge had a say are marked. */
  readonly drifts?: readonly DriftWindow[];
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
  const rows = await sql<CellRow>`
    WITH placed AS (
      SELECT session_id, coalesce(main_call_id, first_call_id) AS main_call_id, turn_shape, model, quality, started_at,
        hard_failure, key_id, quality_unbounded, quality_low, quality_high, quality_by_rule,
        coalesce(first_scored_at, quality_at) AS scored_at,
        ${heldByDrift(window.drifts ?? [])} AS held,
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
        sum(cache_creation_input_tokens) AS cache_creation, sum(output_tokens) AS output,
        min(propensity) FILTER (WHERE call_id = picked.main_call_id) AS propensity,
        (array_agg(duration_ms ORDER BY md5(call_id::text)))[1] AS duration,
        (array_agg(time_to_first_chunk_ms ORDER BY md5(call_id::text)))[1] AS first_chunk
      FROM picked JOIN call ON call.project_id = ${projectId} AND call.session_id = picked.session_id
        AND call.source <> 'replay' AND call.call_id >= lowest_call_id(${window.since}::timestamptz)
      GROUP BY picked.session_id
    )
    SELECT turn_shape AS "turnShape", model,
      json_agg(json_build_array(quality, hard_failure, extract(epoch FROM scored_at) * 1000, key_id, quality_unbounded,
        quality_low, quality_high, quality_by_rule, held, spent.propensity, spent.duration, spent.first_chunk)
        ORDER BY scored_at, picked.session_id) AS sessions,
      count(spent.input) AS "tokenSessions", avg(spent.input)::float8 AS "inputTokens",
      avg(spent.cache_read)::float8 AS "cacheReadInputTokens", avg(spent.cache_creation)::float8 AS "cacheCreationInputTokens",
      avg(spent.output)::float8 AS "outputTokens"
    FROM picked LEFT JOIN spent USING (session_id)
    GROUP BY turn_shape, model ORDER BY turn_shape, model`.execute(database);
  return rows.rows.map(({ turnShape, model, sessions, ...tokens }) => ({
    turnShape,
    model,
    sessions: z.array(scoredSessionSchema).parse(sessions),
    tokens: tokensOf(tokens),
  }));
}

interface CellTokens {
  readonly tokenSessions: number;
  readonly inputTokens: number | null;
  readonly cacheReadInputTokens: number | null;
  readonly cacheCreationInputTokens: number | null;
  readonly outputTokens: number | null;
}

interface CellRow extends CellTokens {
  readonly turnShape: string;
  readonly model: string;
  readonly sessions: unknown;
}

const nullableNumber = z.number().nullable();
/** One row as an array: a cell has thousands, and names would be most of what goes over. */
const scoredSessionSchema = z
  .tuple([
    z.number(),
    z.boolean(),
    z.number(),
    z.string().nullable(),
    nullableNumber,
    nullableNumber,
    nullableNumber,
    nullableNumber,
    z.boolean(),
    nullableNumber,
    nullableNumber,
    nullableNumber,
  ])
  .transform(([quality, hardFailure, atMs, keyId, value, low, high, qualityByRule, heldByDrift, ...rest]) => {
    const [propensity, durationMs, timeToFirstChunkMs] = rest;
    const sampled = value === null || low === null || high === null ? null : { value, low, high };
    const known = { quality, hardFailure, atMs, keyId, sampled, qualityByRule, heldByDrift };
    return { ...known, propensity, durationMs, timeToFirstChunkMs } satisfies ScoredSession;
  });

function tokensOf({ tokenSessions, ...means }: CellTokens): SessionTokens | null {
  if (tokenSessions === 0) return null;
  return {
    sessions: tokenSessions,
    inputTokens: means.inputTokens ?? 0,
    cacheReadInputTokens: means.cacheReadInputTokens ?? 0,
    cacheCreationInputTokens: means.cacheCreationInputTokens ?? 0,
    outputTokens: means.outputTokens ?? 0,
  };
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
