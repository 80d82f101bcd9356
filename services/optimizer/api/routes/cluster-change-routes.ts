import * as z from 'zod';
import { changeClusterStatus } from '#shared/database/clusters/change-status.ts';
import { readClusterRow } from '#shared/database/clusters/cluster-row.ts';
import {
  assignCluster,
  claimCluster,
  commentCluster,
  keepForReplay,
  labelCluster,
  renameCluster,
  requirePolicy,
} from '#shared/database/clusters/edit-cluster.ts';
import { mergeClusters } from '#shared/database/clusters/merge-clusters.ts';
import { splitCluster } from '#shared/database/clusters/split-cluster.ts';
import type { ClusterStatus } from '#shared/domain/failure-cluster.ts';
import { rateBeforeResolving } from '../../clusters/assess-clusters.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { clusterSchema } from '../cluster-schemas.ts';
import { noneSchema, searchText } from '../cursor.ts';
import { changedBy, reason } from './cluster-change.ts';
import { clusterExamples } from './cluster-examples.ts';
import { clusterNightRoutes } from './cluster-night-routes.ts';
import { notFound } from './cluster-routes.ts';

const clusterParams = z.object({ clusterId: z.uuid() });
const COMMENT_CHARACTERS_MAX = 4_000;
const CLUSTERS_MAX = 50;
const TEMPLATES_MAX = 500;
const CALLS_MAX = 200;
const LABELS_MAX = 20;
const name = searchText(120).min(1);
const labels = z
  .array(z.string().regex(/^[\w][\w .:/-]{0,39}$/, 'a label is of letters, digits and .:/-'))
  .max(LABELS_MAX);

/** What people do with clusters. Every change is an audit event with their name. */
export function clusterChangeRoutes(deps: ApiDeps): ApiRoute[] {
  return [
    mergeRoute(deps),
    splitRoute(deps),
    resolveRoute(deps),
    statusRoute(deps, 'ignore', 'ignored', 'Never speak of a cluster again, whatever it does'),
    statusRoute(deps, 'archive', 'archived', 'Put a cluster away until it escalates'),
    statusRoute(deps, 'reopen', 'ongoing', 'Take a cluster up again that was resolved, archived or ignored'),
    ...editRoutes(deps),
    replayRoute(deps),
    ...clusterNightRoutes(deps),
  ];
}

function mergeRoute(deps: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'POST', path: '/api/v1/clusters/:clusterId/merge', role: 'operator' },
    summary: 'Merge other clusters into this one, for good; their ids go on to lead here',
    params: clusterParams,
    query: noneSchema,
    body: z.object({ clusterIds: z.array(z.uuid()).min(1).max(CLUSTERS_MAX), reason }),
    ...{ response: clusterSchema, example: clusterExamples.merge },
    async handle({ params: { clusterId }, body, caller }) {
      const merge = { into: clusterId, clusterIds: body.clusterIds };
      await mergeClusters(deps.database, changedBy(deps, caller, body.reason), merge);
      return { value: await changed(deps, clusterId) };
    },
  });
}

function splitRoute(deps: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'POST', path: '/api/v1/clusters/:clusterId/split', role: 'operator' },
    summary: 'Take templates out of a cluster into one of their own, for good; answers with the new one',
    params: clusterParams,
    query: noneSchema,
    body: z.object({
      templateIds: z.array(z.uuid()).min(1).max(TEMPLATES_MAX),
      name: name.nullable().default(null),
      reason,
    }),
    ...{ response: clusterSchema, example: clusterExamples.split },
    async handle({ params: { clusterId }, body, caller }) {
      const change = { ...changedBy(deps, caller, body.reason), minSessions: deps.minClusterSessions ?? 1 };
      const { templateIds, name: called } = body;
      const opened = await splitCluster(deps.database, change, { clusterId, templateIds, name: called });
      return { value: await changed(deps, opened) };
    },
  });
}

function resolveRoute(deps: ApiDeps): ApiRoute {
  const { database, projectId, now } = deps;
  return defineRoute({
    ...{ method: 'POST', path: '/api/v1/clusters/:clusterId/resolve', role: 'operator' },
    summary:
      'Say that a cluster is mended, by a policy or otherwise; it is regressed once failures on that policy or a later one prove it',
    params: clusterParams,
    query: noneSchema,
    body: z.object({ policyId: searchText(100).optional(), reason }),
    ...{ response: clusterSchema, example: clusterExamples.resolve },
    async handle({ params: { clusterId }, body, caller }) {
      const { policyId = null } = body;
      if (policyId !== null) await requirePolicy(database, projectId, policyId);
      const rate = await rateBeforeResolving(deps, projectId, clusterId);
      const { actor, reason: said } = changedBy(deps, caller, body.reason);
      const change = { status: 'resolved', reason: said, actor, policyId, rate, now: new Date(now()) } as const;
      await changeClusterStatus(database, projectId, clusterId, change);
      return { value: await changed(deps, clusterId) };
    },
  });
}

function statusRoute(deps: ApiDeps, verb: string, status: ClusterStatus, summary: string): ApiRoute {
  const { database, projectId, now } = deps;
  return defineRoute({
    ...{ method: 'POST', path: `/api/v1/clusters/:clusterId/${verb}`, role: 'operator', summary },
    ...{ params: clusterParams, query: noneSchema, body: z.object({ reason }), response: clusterSchema },
    example: clusterExamples.status(status),
    async handle({ params: { clusterId }, body, caller }) {
      const { actor, reason: said } = changedBy(deps, caller, body.reason);
      await changeClusterStatus(database, projectId, clusterId, { status, reason: said, actor, now: new Date(now()) });
      return { value: await changed(deps, clusterId) };
    },
  });
}

function editRoutes(deps: ApiDeps): ApiRoute[] {
  const { database } = deps;
  const route = { method: 'POST', role: 'operator', params: clusterParams, query: noneSchema } as const;
  return [
    defineRoute({
      ...{ ...route, path: '/api/v1/clusters/:clusterId/assign', response: clusterSchema },
      summary: 'Give a cluster to somebody, or to nobody',
      ...{ body: z.object({ assignee: name.nullable(), reason }), example: clusterExamples.assign },
      async handle({ params: { clusterId }, body, caller }) {
        await assignCluster(database, changedBy(deps, caller, body.reason), clusterId, body.assignee);
        return { value: await changed(deps, clusterId) };
      },
    }),
    defineRoute({
      ...{ ...route, path: '/api/v1/clusters/:clusterId/rename', response: clusterSchema },
      summary: 'Name a cluster; no night and no model names it again, and its slug stays',
      ...{ body: z.object({ name, reason }), example: clusterExamples.rename },
      async handle({ params: { clusterId }, body, caller }) {
        await renameCluster(database, changedBy(deps, caller, body.reason), clusterId, body.name);
        return { value: await changed(deps, clusterId) };
      },
    }),
    defineRoute({
      ...{ ...route, path: '/api/v1/clusters/:clusterId/labels', response: clusterSchema },
      summary: 'Put labels on a cluster and take others off',
      body: z.object({ add: labels.default([]), remove: labels.default([]), reason }),
      example: clusterExamples.labels,
      async handle({ params: { clusterId }, body: { add, remove, reason: said }, caller }) {
        await labelCluster(database, changedBy(deps, caller, said), clusterId, { add, remove });
        return { value: await changed(deps, clusterId) };
      },
    }),
    defineRoute({
      ...{ ...route, path: '/api/v1/clusters/:clusterId/comments' },
      summary: 'Say something of a cluster',
      body: z.object({ body: searchText(COMMENT_CHARACTERS_MAX).min(1) }),
      response: z.object({ commentId: z.uuid(), author: z.string(), body: z.string(), createdAt: z.iso.datetime() }),
      example: clusterExamples.comment,
      async handle({ params: { clusterId }, body, caller }) {
        return { value: asJson(await commentCluster(database, changedBy(deps, caller, ''), clusterId, body.body)) };
      },
    }),
    defineRoute({
      ...{ ...route, path: '/api/v1/clusters/:clusterId/claims', response: clusterSchema },
      summary: 'Note that a policy claims to mend a cluster; its rates before and after are shown from then on',
      body: z.object({
        policyId: searchText(100),
        kind: z.enum(['prefix', 'routing', 'other']).default('other'),
        reason,
      }),
      example: clusterExamples.claim,
      async handle({ params: { clusterId }, body: { policyId, kind, reason: said }, caller }) {
        await claimCluster(database, changedBy(deps, caller, said), clusterId, { policyId, kind });
        return { value: await changed(deps, clusterId) };
      },
    }),
  ];
}

function replayRoute(deps: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'POST', path: '/api/v1/clusters/:clusterId/replay-set', role: 'operator' },
    summary: 'Add failures of a cluster to a replay set',
    params: clusterParams,
    query: noneSchema,
    body: z.object({
      replaySet: z.string().regex(/^[\w.-]{1,64}$/, 'a replay set is named with letters, digits, dots and dashes'),
      callIds: z.array(z.uuid()).min(1).max(CALLS_MAX),
      reason,
    }),
    response: z.object({ replaySet: z.string(), added: z.number() }),
    example: clusterExamples.replay,
    async handle({ params: { clusterId }, body: { replaySet, callIds, reason: said }, caller }) {
      const kept = { replaySet, callIds };
      return {
        value: { replaySet, added: await keepForReplay(deps.database, changedBy(deps, caller, said), clusterId, kept) },
      };
    },
  });
}

/** The cluster as it stands after a change. */
async function changed({ database, projectId }: ApiDeps, clusterId: string) {
  const row = await readClusterRow(database, projectId, clusterId);
  if (row === null) throw notFound(clusterId);
  return clusterSchema.parse(asJson(row));
}
