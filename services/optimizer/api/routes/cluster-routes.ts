import * as z from 'zod';
import { listClusterCalls } from '#shared/database/clusters/cluster-calls.ts';
import { survivorOf } from '#shared/database/clusters/cluster-row.ts';
import { readSparklines } from '#shared/database/clusters/cluster-sparklines.ts';
import {
  CLUSTER_SORTS,
  type ClusterSort,
  countClusters,
  listClusters,
} from '#shared/database/clusters/list-clusters.ts';
import { type ClusterDetail, readCluster } from '#shared/database/clusters/read-cluster.ts';
import { readExamples } from '#shared/database/clusters/read-examples.ts';
import { clusterStatusSchema, clusterTrendSchema } from '#shared/domain/failure-cluster.ts';
import { severitySchema } from '#shared/domain/score.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute, ROLES } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { clusterCallSchema, clusterDetailSchema, clusterItemSchema } from '../cluster-schemas.ts';
import { decodeCursor, noneSchema, pageOf, pageQuerySchema, searchText, toPage } from '../cursor.ts';
import { clusterExamples } from './cluster-examples.ts';

const SPARKLINE_HOURS = 24;
const DETAIL_HOURS = 7 * 24;
const VALUE_CHARACTERS_MAX = 300;

const sortSchema = z.enum(Object.keys(CLUSTER_SORTS) as [ClusterSort, ...ClusterSort[]]);
/** Several values as `new,ongoing`. */
const severalOf = <Values extends z.ZodType<string, string>>(value: Values) =>
  z
    .string()
    .max(VALUE_CHARACTERS_MAX)
    .transform((text) => text.split(','))
    .pipe(z.array(value).min(1))
    .optional();

const clusterKey = z.object({
  sort: sortSchema,
  value: z.union([z.iso.datetime(), z.number()]),
  clusterId: z.uuid(),
});
const callKey = z.object({ happenedAt: z.iso.datetime(), callId: z.uuid(), scorer: searchText(200) });

const listQuerySchema = pageQuerySchema.extend({
  status: severalOf(clusterStatusSchema),
  severity: severalOf(severitySchema),
  trend: clusterTrendSchema.optional(),
  provider: searchText(VALUE_CHARACTERS_MAX).optional(),
  model: searchText(VALUE_CHARACTERS_MAX).optional(),
  tool: searchText(VALUE_CHARACTERS_MAX).optional(),
  repo: searchText(VALUE_CHARACTERS_MAX).optional(),
  policy: searchText(VALUE_CHARACTERS_MAX).optional(),
  assignee: searchText(VALUE_CHARACTERS_MAX).optional(),
  label: searchText(VALUE_CHARACTERS_MAX).optional(),
  since: z.iso.datetime().optional(),
  sort: sortSchema.default('lastSeen'),
});

/** What fails, grouped: reading it. */
export function clusterRoutes(deps: ApiDeps): ApiRoute[] {
  return [listRoute(deps), detailRoute(deps), callsRoute(deps)];
}

function listRoute({ database, projectId, now, minClusterSessions = 1 }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/clusters', role: 'viewer' },
    summary: 'Failure clusters: filtered, sorted highest first, with counts per status and failures per hour',
    params: noneSchema,
    query: listQuerySchema,
    body: noneSchema,
    response: pageOf(clusterItemSchema).extend({ counts: z.record(z.string(), z.number()) }),
    example: clusterExamples.list,
    async handle({ query }) {
      const { limit, cursor, sort, since, ...named } = query;
      const filter = {
        ...named,
        ...{ minSessions: minClusterSessions, since: since === undefined ? undefined : new Date(since) },
      };
      const before = beforeOf(decodeCursor(clusterKey, cursor), sort);
      const [rows, counts] = await Promise.all([
        listClusters(database, projectId, { ...filter, sort, before, limit: limit + 1 }),
        countClusters(database, projectId, filter),
      ]);
      const clusterIds = rows.slice(0, limit).map(({ clusterId }) => clusterId);
      const options = { clusterIds, hours: SPARKLINE_HOURS, now: new Date(now()) };
      const sparklines = await readSparklines(database, projectId, options);
      const asItem = ({ sortValue: _sortValue, ...row }: (typeof rows)[number]) => ({
        ...clusterItemSchema.omit({ sparkline: true }).parse(asJson(row)),
        sparkline: [...(sparklines.get(row.clusterId) ?? [])],
      });
      const keyOf = ({ sortValue: value, clusterId }: (typeof rows)[number]) => ({ sort, value, clusterId });
      return { value: { ...toPage(rows, limit, asItem, keyOf), counts } };
    },
  });
}

/** A cursor goes on with the order that it was made in, and with no other. */
function beforeOf(key: z.output<typeof clusterKey> | undefined, sort: ClusterSort) {
  if (key === undefined) return undefined;
  const isMoment = sort === 'lastSeen' || sort === 'firstSeen';
  if (key.sort !== sort || isMoment !== (typeof key.value === 'string')) {
    throw new TrimtabError('invalid_request', 'the cursor is of a list in another order; start without one');
  }
  return { value: typeof key.value === 'string' ? new Date(key.value) : key.value, clusterId: key.clusterId };
}

function detailRoute({ database, projectId, now, minClusterSessions = 1 }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/clusters/:clusterId', role: 'viewer' },
    summary:
      'One cluster: templates, where it lives and at what rate, before and after each policy, lineage, examples; one that was merged away is answered by the one that stands',
    params: z.object({ clusterId: z.uuid() }),
    ...{ query: noneSchema, body: noneSchema, response: clusterDetailSchema },
    example: clusterExamples.detail,
    async handle({ params, caller }) {
      const cluster = await readCluster(database, projectId, params.clusterId);
      if (cluster === null || cluster.sessionCount < minClusterSessions) throw notFound(params.clusterId);
      const { clusterId } = cluster;
      const examples = await readExamples(database, projectId, clusterId);
      const options = { clusterIds: [clusterId], hours: DETAIL_HOURS, now: new Date(now()) };
      const sparkline = (await readSparklines(database, projectId, options)).get(clusterId) ?? [];
      const isAllowed = ROLES.indexOf(caller.role) >= ROLES.indexOf('operator');
      return { value: asDetail({ ...cluster, comments: isAllowed ? cluster.comments : [], examples, sparkline }) };
    },
  });
}

function asDetail(cluster: ClusterDetail & { readonly examples: unknown; readonly sparkline: readonly number[] }) {
  return clusterDetailSchema.parse(asJson(cluster));
}

function callsRoute({ database, projectId, minClusterSessions = 1 }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/clusters/:clusterId/calls', role: 'viewer' },
    summary: 'The failures of a cluster, newest first',
    params: z.object({ clusterId: z.uuid() }),
    query: pageQuerySchema.extend({
      policyId: searchText(VALUE_CHARACTERS_MAX).optional(),
      provider: searchText(VALUE_CHARACTERS_MAX).optional(),
      model: searchText(VALUE_CHARACTERS_MAX).optional(),
    }),
    ...{ body: noneSchema, response: pageOf(clusterCallSchema) },
    example: clusterExamples.calls,
    async handle({ params, query }) {
      const { limit, cursor, ...filter } = query;
      const clusterId = await survivorOf(database, projectId, params.clusterId);
      const cluster = clusterId === null ? null : await readCluster(database, projectId, clusterId);
      if (cluster === null || cluster.sessionCount < minClusterSessions) throw notFound(params.clusterId);
      const key = decodeCursor(callKey, cursor);
      const before = key && { ...key, happenedAt: new Date(key.happenedAt) };
      const page = { ...filter, before, limit: limit + 1 };
      const rows = await listClusterCalls(database, projectId, cluster.clusterId, page);
      const keyOf = ({ happenedAt, callId, scorer }: (typeof rows)[number]) => ({ happenedAt, callId, scorer });
      return { value: toPage(rows, limit, asJson, keyOf) };
    },
  });
}

export function notFound(clusterId: string): TrimtabError {
  return new TrimtabError('not_found', `there is no cluster ${clusterId}`);
}
