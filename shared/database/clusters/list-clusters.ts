import { type SelectQueryBuilder, sql } from 'kysely';
import { storableText } from '../columns.ts';
import type { Database } from '../connect.ts';
import type { Tables } from '../tables.ts';
import { CLUSTER_COLUMNS, type ClusterRow } from './cluster-row.ts';

/** What lists are sorted by, highest first: a column as a number or a moment. */
export const CLUSTER_SORTS = {
  lastSeen: sql<Date>`date_trunc('milliseconds', last_seen)`,
  firstSeen: sql<Date>`date_trunc('milliseconds', first_seen)`,
  events: sql<number>`event_count`,
  sessions: sql<number>`session_count`,
  recent: sql<number>`recent_count`,
  rate: sql<number>`coalesce(recent_rate, 0)`,
  severity: sql<number>`-array_position(ARRAY['fatal', 'error', 'warning', 'info'], severity)`,
} as const;

export type ClusterSort = keyof typeof CLUSTER_SORTS;

export interface ClusterFilter {
  /** Clusters that fewer different sessions met are not shown: they would tell of one person's work. */
  readonly minSessions?: number;
  readonly status?: readonly string[] | undefined;
  readonly severity?: readonly string[] | undefined;
  readonly trend?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly tool?: string | undefined;
  readonly repo?: string | undefined;
  readonly policy?: string | undefined;
  readonly assignee?: string | undefined;
  readonly label?: string | undefined;
  readonly slug?: string | undefined;
  /** With a failure since then; together with a provider, model or tool: with one of these since then. */
  readonly since?: Date | undefined;
}

export interface ClusterPage extends ClusterFilter {
  readonly sort?: ClusterSort | undefined;
  /** What the last row of the page before was sorted by, and its id. */
  readonly before?: { readonly value: Date | number; readonly clusterId: string } | undefined;
  readonly limit: number;
}

type ClusterQuery<Output> = SelectQueryBuilder<Tables, 'failureCluster', Output>;

/** Clusters of a project, highest first by what is asked for. */
export async function listClusters(
  database: Database,
  projectId: string,
  page: ClusterPage,
): Promise<(ClusterRow & { readonly sortValue: Date | number })[]> {
  const sort = CLUSTER_SORTS[page.sort ?? 'lastSeen'];
  let query = filtered(database.selectFrom('failureCluster'), projectId, page)
    .select([...CLUSTER_COLUMNS])
    .select(sql<Date | number>`${sort}`.as('sortValue'));
  const { before } = page;
  if (before !== undefined) {
    const value = before.value instanceof Date ? sql`${before.value}::timestamptz` : sql`${before.value}::float8`;
    query = query.where(sql<boolean>`(${sort}, cluster_id) < (${value}, ${before.clusterId}::uuid)`);
  }
  return await query.orderBy(sort, 'desc').orderBy('clusterId', 'desc').limit(page.limit).execute();
}

/** How many clusters there are in each status under the filter, its own status aside. */
export async function countClusters(
  database: Database,
  projectId: string,
  filter: ClusterFilter,
): Promise<Readonly<Record<string, number>>> {
  const rows = await filtered(database.selectFrom('failureCluster'), projectId, { ...filter, status: undefined })
    .select(['status', sql<number>`count(*)`.as('clusters')])
    .groupBy('status')
    .orderBy('status')
    .execute();
  return Object.fromEntries(rows.map(({ status, clusters }) => [status, clusters]));
}

function filtered<Output>(all: ClusterQuery<Output>, projectId: string, filter: ClusterFilter): ClusterQuery<Output> {
  let query = all.where('projectId', '=', projectId).where('mergedInto', 'is', null);
  const { status, severity, trend, assignee, label, slug, since } = filter;
  query = query.where('sessionCount', '>=', Math.max(1, filter.minSessions ?? 1));
  if (status !== undefined) query = query.where('status', 'in', [...status]);
  if (severity !== undefined) query = query.where('severity', 'in', [...severity]);
  if (trend !== undefined) query = query.where('trend', '=', trend);
  if (assignee !== undefined) query = query.where('assignee', '=', storableText(assignee));
  if (label !== undefined) query = query.where(sql<boolean>`labels @> ARRAY[${storableText(label)}]`);
  if (slug !== undefined) query = query.where('slug', '=', storableText(slug));
  if (since !== undefined) query = query.where('lastSeen', '>=', since);
  for (const dimension of ['provider', 'model', 'tool', 'repo', 'policy'] as const) {
    const value = filter[dimension];
    if (value === undefined) continue;
    const recent = since === undefined ? sql`true` : sql`place.last_seen >= ${since}`;
    query = query.where(
      sql<boolean>`EXISTS (SELECT 1 FROM cluster_dimension place WHERE place.cluster_id = failure_cluster.cluster_id
        AND place.dimension = ${dimension} AND place.value = ${storableText(value)} AND ${recent})`,
    );
  }
  return query;
}
