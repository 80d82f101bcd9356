import * as z from 'zod';
import type { PolicyPointer } from '#shared/database/pointer-store.ts';
import { activatePolicy, readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { findPolicy, listPolicies, type Policy, readActivePolicies } from '#shared/database/policy-store.ts';
import { type ActivePolicies, activePoliciesSchema } from '#shared/domain/active-policies.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { decodeCursor, noneSchema, numberKeySchema, pageOf, pageQuerySchema, toPage } from '../cursor.ts';
import { asJson, pointerMovedSchema, policyDetailSchema, policySchema, rolledBackSchema } from '../resource-schemas.ts';

const WAIT_SECONDS_MAX = 30;
/** Pausing moves no pointer and so notifies nobody; a long poll looks again this often. */
const LOOK_AGAIN_MS = 1_000;

/** Polls that wait at once; each of them asks the database once a second. */
export const LONG_POLLS_MAX = 100;
const RETRY_AFTER_SECONDS = '1';

const policyParams = z.object({ policyId: z.string().max(100).describe('v7, an id or the start of one') });
const changeBody = z.object({
  reason: z.string().min(1).max(500).describe('Why; it is kept in the audit log'),
  expectedEpoch: z.number().int().optional().describe('Refused with 409 when the pointer has moved on from it'),
});

export function policyRoutes(deps: ApiDeps): ApiRoute[] {
  const { database, projectId } = deps;
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/policies', role: 'viewer', summary: 'Policies, newest first' },
      ...{ params: noneSchema, query: pageQuerySchema, body: noneSchema, response: pageOf(policySchema) },
      async handle({ query }) {
        const before = decodeCursor(numberKeySchema, query.cursor);
        const rows = await listPolicies(database, projectId, { before, limit: query.limit + 1 });
        const pointer = await readPointer(database, projectId);
        const asItem = (policy: Policy) => asJson(summaryOf(policy, pointer));
        return { value: toPage(rows, query.limit, asItem, (policy) => policy.number) };
      },
    }),
    activeRoute(deps),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/policies/:policyId', role: 'viewer', summary: 'One policy with its evidence' },
      ...{ params: policyParams, query: noneSchema, body: noneSchema, response: policyDetailSchema },
      async handle({ params }) {
        const policy = await findPolicy(database, projectId, params.policyId);
        const pointer = await readPointer(database, projectId);
        return { value: { ...asJson(summaryOf(policy, pointer)), body: policy.body, evidence: policy.evidence } };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/v1/policies/:policyId/activate', role: 'operator' },
      summary: 'Make a stored policy the stable one',
      ...{ params: policyParams, query: noneSchema, body: changeBody, response: pointerMovedSchema },
      async handle({ params, body, caller }) {
        const { policyId } = await findPolicy(database, projectId, params.policyId);
        const actor = `human:${caller.name}`;
        return { value: await activatePolicy(database, { projectId, policyId, actor, ...body }) };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/v1/policies/rollback', role: 'operator' },
      summary: 'Take the latest change out of service: a rollout in flight, else the stable policy',
      ...{ params: noneSchema, query: noneSchema, body: changeBody, response: rolledBackSchema },
      async handle({ body, caller }) {
        return { value: await rollBack(database, { projectId, actor: `human:${caller.name}`, ...body }) };
      },
    }),
  ];
}

/** What gateways of other makers poll: the snapshot under an ETag, held back until it changes when asked to wait. */
function activeRoute(deps: ApiDeps): ApiRoute {
  const { database, projectId, policyChanges } = deps;
  let waiting = 0;
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/policies/active', role: 'viewer' },
    summary: 'What gateways serve now; ETag, and long poll with If-None-Match and wait',
    params: noneSchema,
    query: z.object({ wait: z.coerce.number().min(0).max(WAIT_SECONDS_MAX).default(0).describe('Seconds') }),
    ...{ body: noneSchema, response: activePoliciesSchema },
    async handle({ query, headers, signal }) {
      const known = headers['if-none-match'];
      const isRefused = query.wait > 0 && waiting >= LONG_POLLS_MAX;
      const until = deps.now() + (isRefused ? 0 : query.wait * 1_000);
      waiting += 1;
      try {
        for (;;) {
          const active = await readActivePolicies(database, projectId);
          if (active === null) throw new TrimtabError('not_found', 'no policy is active yet');
          const etag = etagOf(active);
          const left = until - deps.now();
          if (etag !== known) return { value: active, headers: { etag } };
          if (left <= 0 || signal.aborted) {
            const later: Record<string, string> = isRefused ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
            return { status: 304, headers: { etag, ...later } };
          }
          await policyChanges.next(Math.min(left, LOOK_AGAIN_MS), signal);
        }
      } finally {
        waiting -= 1;
      }
    },
  });
}

function etagOf(active: ActivePolicies): string {
  return `"${active.epoch}-${active.governanceVersion}-${active.paused ? 'paused' : 'on'}"`;
}

function summaryOf(policy: Policy, pointer: PolicyPointer | null) {
  const { policyId, number, state, parentId, author, reason, risk, createdAt } = policy;
  return { policyId, number, state, serving: servingOf(policyId, pointer), parentId, author, reason, risk, createdAt };
}

function servingOf(policyId: string, pointer: PolicyPointer | null): 'stable' | 'canary' | 'revoked' | 'no' {
  if (pointer?.stable === policyId) return 'stable';
  if (pointer?.canary === policyId) return 'canary';
  return pointer?.revoked.includes(policyId) ? 'revoked' : 'no';
}
