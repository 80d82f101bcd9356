import * as z from 'zod';
import { listAudit } from '#shared/database/audit-log.ts';
import type { Database } from '#shared/database/connect.ts';
import {
  activatePolicy,
  type PolicyPointer,
  pinPolicy,
  readPointer,
  rollBack,
} from '#shared/database/pointer-store.ts';
import { approvePolicy, countApprovals, listApprovals, rejectPolicy } from '#shared/database/policy-approval.ts';
import {
  findPolicy,
  listPolicies,
  type Policy,
  proposePolicy,
  readActivePolicies,
  readPolicy,
} from '#shared/database/policy-store.ts';
import { readCoolOff } from '#shared/database/read-cool-off.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { type ActivePolicies, activePoliciesSchema } from '#shared/domain/active-policies.ts';
import { POLICY_ACTIONS } from '#shared/domain/audit-event.ts';
import { describePolicyDiff } from '#shared/domain/describe-policy-diff.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { assessRisk, riskRulesOf } from '#shared/domain/policy-risk.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import {
  decodeCursor,
  noneSchema,
  numberKeySchema,
  pageOf,
  pageQuerySchema,
  sequenceKeySchema,
  toPage,
} from '../cursor.ts';
import {
  approvalSchema,
  asJson,
  auditEventSchema,
  governanceVersionSchema,
  pointerMovedSchema,
  policyDetailSchema,
  policyDiffSchema,
  policySchema,
  rolledBackSchema,
} from '../resource-schemas.ts';

const WAIT_SECONDS_MAX = 30;
/** Pausing moves no pointer and so notifies nobody; a long poll looks again this often. */
const LOOK_AGAIN_MS = 1_000;

/** Polls that wait at once; each of them asks the database once a second. */
export const LONG_POLLS_MAX = 100;
const RETRY_AFTER_SECONDS = '1';

const policyParams = z.object({ policyId: z.string().max(100).describe('v7, an id or the start of one') });
const reasonBody = z.object({ reason: z.string().min(1).max(500).describe('Why; it is kept in the audit log') });
const changeBody = reasonBody.extend({
  expectedEpoch: z.number().int().optional().describe('Refused with 409 when the pointer has moved on from it'),
});

export function policyRoutes(deps: ApiDeps): ApiRoute[] {
  return [...readingRoutes(deps), activeRoute(deps), ...decidingRoutes(deps), ...movingRoutes(deps)];
}

function readingRoutes({ database, projectId }: ApiDeps): ApiRoute[] {
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

async function detailOf(database: Database, policy: Policy): Promise<z.input<typeof policyDetailSchema>> {
  const { projectId, policyId, body, evidence } = policy;
  const pointer = await readPointer(database, projectId);
  const approvals = await listApprovals(database, projectId, policyId);
  const { approvalsNeeded } = await countApprovals(database, projectId, policyId);
  const coolOff = await readCoolOff(database, projectId, policyId);
  return { ...asJson({ ...summaryOf(policy, pointer), approvals, coolOff }), approvalsNeeded, body, evidence };
}

async function diffOf(
  database: Database,
  policy: Policy,
  against: string | undefined,
): Promise<z.input<typeof policyDiffSchema>> {
  const { projectId, policyId, number, parentId, body } = policy;
  const named = against === undefined ? null : await findPolicy(database, projectId, against);
  const base = named ?? (parentId === null ? null : await readPolicy(database, projectId, parentId));
  const governance = await readGovernance(database, projectId);
  const rules = riskRulesOf(governance?.body ?? null);
  const assessed =
    base === null
      ? { risk: policy.risk, riskClass: policy.riskClass, reasons: [] }
      : assessRisk(base.body, body, rules);
  const changes = [...describePolicyDiff(base?.body ?? null, body)];
  return { policyId, number, against: base?.policyId ?? null, changes, ...assessed, reasons: [...assessed.reasons] };
}

function etagOf(active: ActivePolicies): string {
  return `"${active.epoch}-${active.governanceVersion}-${active.paused ? 'paused' : 'on'}"`;
}

function summaryOf(policy: Policy, pointer: PolicyPointer | null) {
  const { policyId, number, state, parentId, author, reason, risk, riskClass, createdAt } = policy;
  const serving = servingOf(policyId, pointer);
  return { policyId, number, state, serving, parentId, author, reason, risk, riskClass, createdAt };
}

function servingOf(policyId: string, pointer: PolicyPointer | null): 'stable' | 'canary' | 'revoked' | 'no' {
  if (pointer?.stable === policyId) return 'stable';
  if (pointer?.canary === policyId) return 'canary';
  return pointer?.revoked.includes(policyId) ? 'revoked' : 'no';
}
