import * as z from 'zod';
import { listAudit } from '#shared/database/audit-log.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { findPolicy, listPolicies, type Policy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { POLICY_ACTIONS } from '#shared/domain/audit-event.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import {
  decodeCursor,
  noneSchema,
  numberKeySchema,
  pageOf,
  pageQuerySchema,
  sequenceKeySchema,
  toPage,
} from '../cursor.ts';
import { auditEventSchema } from '../operation-schemas.ts';
import { governanceVersionSchema, policyDetailSchema, policyDiffSchema, policySchema } from '../policy-schemas.ts';
import { detailOf, diffOf, summaryOf } from './policy-detail.ts';

/** How a route names a policy. */
export const policyParams = z.object({ policyId: z.string().max(100).describe('v7, an id or the start of one') });

/** What is known of policies, and of what governs them. */
export function readPolicyRoutes({ database, projectId }: ApiDeps): ApiRoute[] {
  const common = { method: 'GET', role: 'viewer', body: noneSchema } as const;
  return [
    defineRoute({
      ...{ ...common, path: '/api/v1/policies', summary: 'Policies, newest first' },
      ...{ params: noneSchema, query: pageQuerySchema, response: pageOf(policySchema) },
      async handle({ query }) {
        const before = decodeCursor(numberKeySchema, query.cursor);
        const rows = await listPolicies(database, projectId, { before, limit: query.limit + 1 });
        const pointer = await readPointer(database, projectId);
        const asItem = (policy: Policy) => asJson(summaryOf(policy, pointer));
        return { value: toPage(rows, query.limit, asItem, (policy) => policy.number) };
      },
    }),
    defineRoute({
      ...{
        ...common,
        path: '/api/v1/policies/history',
        summary: 'Who changed what is served, why, and on what evidence',
      },
      ...{ params: noneSchema, query: pageQuerySchema, response: pageOf(auditEventSchema) },
      async handle({ query }) {
        const before = decodeCursor(sequenceKeySchema, query.cursor);
        const page = { before, limit: query.limit + 1, actions: POLICY_ACTIONS };
        const rows = await listAudit(database, projectId, page);
        const asItem = ({ projectId: _project, ...event }: (typeof rows)[number]) => asJson(event);
        return { value: toPage(rows, query.limit, asItem, (event) => event.sequence) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/policies/:policyId', summary: 'One policy with its evidence' },
      ...{ params: policyParams, query: noneSchema, response: policyDetailSchema },
      async handle({ params }) {
        const policy = await findPolicy(database, projectId, params.policyId);
        return { value: await detailOf(database, policy) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/policies/:policyId/diff' },
      summary: 'What a policy changes against another one, or against its parent, and what that needs',
      ...{ params: policyParams, response: policyDiffSchema },
      query: z.object({ against: z.string().max(100).optional().describe('v7, an id or the start of one') }),
      async handle({ params, query }) {
        const policy = await findPolicy(database, projectId, params.policyId);
        return { value: await diffOf(database, policy, query.against) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/governance', summary: 'What only people may change, as it is in force' },
      ...{ params: noneSchema, query: noneSchema, response: governanceVersionSchema },
      async handle() {
        const governance = await readGovernance(database, projectId);
        if (governance === null) throw new TrimtabError('not_found', 'there is no governance yet');
        const { version, author, createdAt, body } = governance;
        return { value: { ...asJson({ version, author, createdAt }), body } };
      },
    }),
  ];
}
