import * as z from 'zod';
import { activatePolicy, pinPolicy, readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { approvePolicy, rejectPolicy } from '#shared/database/policy-approval.ts';
import { findPolicy, proposePolicy } from '#shared/database/policy-store.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { noneSchema } from '../cursor.ts';
import {
  approvalSchema,
  governanceVersionSchema,
  pointerMovedSchema,
  policyDetailSchema,
  rolledBackSchema,
} from '../policy-schemas.ts';
import { activePoliciesRoute } from './active-policies-route.ts';
import { detailOf } from './policy-detail.ts';
import { policyParams, readPolicyRoutes } from './read-policy-routes.ts';

const reasonBody = z.object({ reason: z.string().min(1).max(500).describe('Why; it is kept in the audit log') });
const changeBody = reasonBody.extend({
  expectedEpoch: z.number().int().optional().describe('Refused with 409 when the pointer has moved on from it'),
});

export function policyRoutes(deps: ApiDeps): ApiRoute[] {
  return [...readPolicyRoutes(deps), activePoliciesRoute(deps), ...decidingRoutes(deps), ...movingRoutes(deps)];
}

/** What a person says of policies: under the admin role, because the optimizer may not say it for them. */
function decidingRoutes({ people, projectId }: ApiDeps): ApiRoute[] {
  const common = { method: 'POST', role: 'operator', query: noneSchema } as const;
  return [
    defineRoute({
      ...{ ...common, path: '/api/v1/policies', summary: 'Store a policy as a proposal; nothing is served by it yet' },
      ...{ params: noneSchema, response: policyDetailSchema },
      body: z.object({
        body: z.unknown().describe('The body of a policy'),
        parentId: z.string().max(100).optional().describe('What it was made of; the stable policy when absent'),
        reason: z.string().min(1).max(500),
      }),
      async handle({ body, caller }) {
        const parentId = body.parentId ?? (await readPointer(people, projectId))?.stable ?? null;
        const { policy } = await proposePolicy(people, {
          ...{ projectId, body: body.body as PolicyBody, author: `human:${caller.name}`, reason: body.reason },
          ...{ parentId, evidence: {} },
        });
        return { value: await detailOf(people, policy) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/policies/:policyId/approve' },
      summary: 'Say that a proposal may be served; with two-person approval the second one counts',
      ...{ params: policyParams, body: reasonBody, response: approvalSchema },
      async handle({ params, body, caller }) {
        const { policyId } = await findPolicy(people, projectId, params.policyId);
        return { value: await approvePolicy(people, { projectId, policyId, actor: `human:${caller.name}`, ...body }) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/policies/:policyId/reject', summary: 'Say that a proposal shall never be served' },
      ...{ params: policyParams, body: reasonBody, response: approvalSchema },
      async handle({ params, body, caller }) {
        const { policyId } = await findPolicy(people, projectId, params.policyId);
        return { value: await rejectPolicy(people, { projectId, policyId, actor: `human:${caller.name}`, ...body }) };
      },
    }),
    defineRoute({
      ...{
        ...common,
        path: '/api/v1/governance',
        role: 'admin',
        summary: 'Refused: trimtab.yaml says what governance is',
      },
      ...{ params: noneSchema, body: z.looseObject({}), response: governanceVersionSchema },
      handle: async () => {
        const message = 'governance is what trimtab.yaml says; edit the file, and it is taken over within seconds';
        throw new TrimtabError('managed_by_file', message);
      },
    }),
  ];
}

function movingRoutes({ people, projectId }: ApiDeps): ApiRoute[] {
  const common = { method: 'POST', role: 'operator', query: noneSchema, body: changeBody } as const;
  const moving = { ...common, params: policyParams, response: pointerMovedSchema } as const;
  return [
    defineRoute({
      ...{ ...moving, path: '/api/v1/policies/:policyId/activate', summary: 'Make a stored policy the stable one' },
      async handle({ params, body, caller }) {
        const { policyId } = await findPolicy(people, projectId, params.policyId);
        return { value: await activatePolicy(people, { projectId, policyId, actor: `human:${caller.name}`, ...body }) };
      },
    }),
    defineRoute({
      ...{ ...moving, path: '/api/v1/policies/:policyId/pin' },
      summary: 'The same, and the optimizer moves away from it only after a resume',
      async handle({ params, body, caller }) {
        const { policyId } = await findPolicy(people, projectId, params.policyId);
        return { value: await pinPolicy(people, { projectId, policyId, actor: `human:${caller.name}`, ...body }) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/policies/rollback' },
      summary: 'Take the latest change out of service: a rollout in flight, else the stable policy',
      ...{ params: noneSchema, response: rolledBackSchema },
      async handle({ body, caller }) {
        return { value: await rollBack(people, { projectId, actor: `human:${caller.name}`, ...body }) };
      },
    }),
  ];
}
