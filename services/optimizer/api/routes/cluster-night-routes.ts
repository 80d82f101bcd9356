import * as z from 'zod';
import { decideClusterChange, listClusterChanges, takeClusterChange } from '#shared/database/clusters/change-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import { applyClusterChange } from '../../clusters/recluster.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { clusterChangeSchema } from '../cluster-schemas.ts';
import { noneSchema } from '../cursor.ts';
import { changedBy, reason } from './cluster-change.ts';
import { clusterExamples } from './cluster-examples.ts';

const CHANGES_MAX = 100;

/** What nights would change of clusters, and what people decide of it. */
export function clusterNightRoutes(deps: ApiDeps): ApiRoute[] {
  const { database, projectId, now } = deps;
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/cluster-changes', role: 'viewer' },
      summary: 'What nights would change of more failures than they may by themselves, newest first',
      ...{ params: noneSchema, query: noneSchema, body: noneSchema },
      response: z.object({ items: z.array(clusterChangeSchema) }),
      example: clusterExamples.changes,
      async handle() {
        const rows = await listClusterChanges(database, projectId, CHANGES_MAX);
        const items = rows.map(({ plan, ...row }) => ({
          ...asJson(row),
          clusters: plan.clusters.length,
          merges: plan.lineage.filter(({ kind }) => kind === 'merge').length,
          splits: plan.lineage.filter(({ kind }) => kind === 'split').length,
        }));
        return { value: { items } };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/v1/cluster-changes', role: 'operator' },
      summary: 'Apply or reject a change that waits',
      ...{ params: noneSchema, query: noneSchema },
      body: z.object({ changeId: z.uuid(), decision: z.enum(['apply', 'reject']), reason }),
      response: z.object({ changeId: z.uuid(), opened: z.number(), merges: z.number(), splits: z.number() }),
      example: clusterExamples.decide,
      async handle({ body: { changeId, decision, reason: said }, caller }) {
        const { actor, reason: why } = changedBy(deps, caller, said);
        if (decision === 'apply') {
          const { minClusterSessions = 1 } = deps;
          const support = { projectId, minClusterSessions, minClusterEvents: minClusterSessions };
          const applied = await applyClusterChange({ database, now, actor }, support, { changeId, reason: why });
          return { value: { ...applied, changeId, opened: applied.opened.length } };
        }
        await database.transaction().execute(async (transaction) => {
          const change = await takeClusterChange(transaction, projectId, changeId);
          if (change === null) throw new TrimtabError('conflict', `change ${changeId} does not wait for a decision`);
          const decided = { projectId, changeId, actor, reason: why, now: new Date(now()) };
          await decideClusterChange(transaction, { ...decided, status: 'rejected' });
        });
        return { value: { changeId, opened: 0, merges: 0, splits: 0 } };
      },
    }),
  ];
}
