import { type RawBuilder, sql } from 'kysely';
import { type LossKind, lossKindSchema } from '../domain/loss.ts';
import type { Database } from './connect.ts';

/** What one provider's calls lost in translation since a moment. */
export interface LossReport {
  readonly provider: string;
  readonly since: Date;
  /** All calls to the provider, with losses and without. */
  readonly calls: number;
  /** Most calls affected first; kinds that did not occur are absent. */
  readonly kinds: readonly LossKindReport[];
}

export interface LossKindReport {
  readonly kind: LossKind;
  readonly calls: number;
  /** Of all calls to the provider. */
  readonly share: number;
  readonly models: readonly { readonly model: string | null; readonly calls: number }[];
  /** Where, most calls first; positions in lists are `*`, so that like places are one. */
  readonly places: readonly LossPlace[];
  /** The newest calls that have one. */
  readonly callIds: readonly string[];
}

interface LossPlace {
  readonly pointer: string;
  readonly format: string;
  readonly detail: string;
  readonly calls: number;
  /** How often in all those calls. */
  readonly count: number;
}

export interface LossShare {
  readonly provider: string;
  readonly calls: number;
  /** Calls that lost something of the kind. */
  readonly kinds: Readonly<Partial<Record<LossKind, number>>>;
}

const PLACES_MAX = 50;
const MODELS_MAX = 20;
const EXAMPLES_MAX = 5;
const PROVIDERS_MAX = 200;

/**
 * Scorers of losses have their own report. Where failures of a call are counted or grouped they are left out: most
 * translated calls lose some harmless mark, and that would hide what really failed. For a query with `score` in it.
 */
export const IS_NO_LOSS_SCORE: RawBuilder<boolean> = sql<boolean>`NOT starts_with(score.scorer, 'loss_')`;

/** Calls of traffic since a moment; replays are none. */
function trafficOf(projectId: string, since: Date): RawBuilder<unknown> {
  return sql`project_id = ${projectId} AND source <> 'replay' AND call_id >= lowest_call_id(${since}::timestamptz)
    AND started_at >= ${since}`;
}

function entriesOf(projectId: string, provider: string, since: Date): RawBuilder<unknown> {
  return sql`
    SELECT call_id, coalesce(attempts -> -1 ->> 'model', response_model) AS model, loss ->> 'kind' AS kind,
      regexp_replace(loss ->> 'pointer', '/[0-9]+(?=/|$)', '/*', 'g') AS pointer, loss ->> 'format' AS format,
      loss ->> 'detail' AS detail, coalesce((loss ->> 'count')::int, 1) AS times
    FROM call, jsonb_array_elements(losses) AS loss
    WHERE ${trafficOf(projectId, since)} AND provider = ${provider} AND losses <> '[]'::jsonb`;
}

/** The report of one provider; null for one that neither the allow-list nor a call since then names. */
export async function readLossReport(
  database: Database,
  projectId: string,
  provider: string,
  since: Date,
): Promise<LossReport | null> {
  const { rows } = await sql<{ calls: number; isKnown: boolean }>`
    SELECT count(*)::int AS calls, EXISTS (
      SELECT 1 FROM allowed_model WHERE project_id = ${projectId} AND provider = ${provider}) AS "isKnown"
    FROM call WHERE ${trafficOf(projectId, since)} AND provider = ${provider}`.execute(database);
  const { calls, isKnown } = rows[0] ?? { calls: 0, isKnown: false };
  if (calls === 0 && !isKnown) return null;
  const entries = entriesOf(projectId, provider, since);
  const [kinds, models, places] = await Promise.all([
    readKinds(database, entries),
    readModels(database, entries),
    readPlaces(database, entries),
  ]);
  return {
    ...{ provider, since, calls },
    kinds: kinds.map(({ kind, ...counted }) => ({
      kind: lossKindSchema.parse(kind),
      ...counted,
      share: calls === 0 ? 0 : counted.calls / calls,
      models: models.filter((row) => row.kind === kind).map(({ kind: _kind, ...row }) => row),
      places: places.filter((row) => row.kind === kind).map(({ kind: _kind, ...row }) => row),
    })),
  };
}

async function readKinds(database: Database, entries: RawBuilder<unknown>) {
  const { rows } = await sql<{ kind: string; calls: number; callIds: string[] }>`
    SELECT kind, count(*)::int AS calls, (array_agg(call_id::text ORDER BY call_id DESC))[1:${sql.lit(EXAMPLES_MAX)}] AS "callIds"
    FROM (SELECT DISTINCT kind, call_id FROM (${entries}) AS entry) AS affected
    GROUP BY kind ORDER BY calls DESC, kind`.execute(database);
  return rows;
}

async function readModels(database: Database, entries: RawBuilder<unknown>) {
  const { rows } = await sql<{ kind: string; model: string | null; calls: number }>`
    SELECT kind, model, calls FROM (
      SELECT kind, model, count(DISTINCT call_id)::int AS calls,
        row_number() OVER (PARTITION BY kind ORDER BY count(DISTINCT call_id) DESC, model) AS place
      FROM (${entries}) AS entry GROUP BY kind, model) AS ranked
    WHERE place <= ${MODELS_MAX} ORDER BY kind, place`.execute(database);
  return rows;
}

async function readPlaces(database: Database, entries: RawBuilder<unknown>) {
  const { rows } = await sql<LossPlace & { kind: string }>`
    SELECT kind, pointer, format, detail, calls, count FROM (
      SELECT kind, pointer, format, detail, count(DISTINCT call_id)::int AS calls, sum(times)::float8 AS count,
        row_number() OVER (PARTITION BY kind ORDER BY count(DISTINCT call_id) DESC, pointer, detail) AS place
      FROM (${entries}) AS entry GROUP BY kind, pointer, format, detail) AS ranked
    WHERE place <= ${PLACES_MAX} ORDER BY kind, place`.execute(database);
  return rows;
}

/** How many calls of each provider lost something, by kind. */
export async function listLossShares(database: Database, projectId: string, since: Date): Promise<LossShare[]> {
  const { rows } = await sql<LossShare>`
    WITH traffic AS (SELECT provider, call_id, losses FROM call
      WHERE ${trafficOf(projectId, since)} AND provider IS NOT NULL),
    affected AS (SELECT provider, loss ->> 'kind' AS kind, count(DISTINCT call_id)::int AS calls
      FROM traffic, jsonb_array_elements(losses) AS loss GROUP BY 1, 2)
    SELECT provider, count(*)::int AS calls, coalesce((SELECT jsonb_object_agg(affected.kind, affected.calls)
      FROM affected WHERE affected.provider = traffic.provider), '{}'::jsonb) AS kinds
    FROM traffic GROUP BY provider ORDER BY provider LIMIT ${PROVIDERS_MAX}`.execute(database);
  return rows;
}
