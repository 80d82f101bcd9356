import type * as z from 'zod';
import type { Database } from '#shared/database/connect.ts';
import { type PolicyPointer, readPointer } from '#shared/database/pointer-store.ts';
import { countApprovals, listApprovals } from '#shared/database/policy-approval.ts';
import { findPolicy, type Policy, readPolicy } from '#shared/database/policy-store.ts';
import { readCoolOff } from '#shared/database/read-cool-off.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { describePolicyDiff } from '#shared/domain/describe-policy-diff.ts';
import { assessRisk, riskRulesOf } from '#shared/domain/policy-risk.ts';
import { asJson } from '../as-json.ts';
import type { policyDetailSchema, policyDiffSchema } from '../policy-schemas.ts';

/** A policy as a line of a list. */
export function summaryOf(policy: Policy, pointer: PolicyPointer | null) {
  const { policyId, number, state, parentId, author, reason, risk, riskClass, createdAt } = policy;
  const serving = servingOf(policyId, pointer);
  return { policyId, number, state, serving, parentId, author, reason, risk, riskClass, createdAt };
}

function servingOf(policyId: string, pointer: PolicyPointer | null): 'stable' | 'canary' | 'revoked' | 'no' {
  if (pointer?.stable === policyId) return 'stable';
  if (pointer?.canary === policyId) return 'canary';
  return pointer?.revoked.includes(policyId) ? 'revoked' : 'no';
}

/** A policy with all that is known of how it came about. */
export async function detailOf(database: Database, policy: Policy): Promise<z.input<typeof policyDetailSchema>> {
  const { projectId, policyId, body, evidence } = policy;
  const pointer = await readPointer(database, projectId);
  const approvals = await listApprovals(database, projectId, policyId);
  const { approvalsNeeded } = await countApprovals(database, projectId, policyId);
  const coolOff = await readCoolOff(database, projectId, policyId);
  return { ...asJson({ ...summaryOf(policy, pointer), approvals, coolOff }), approvalsNeeded, body, evidence };
}

/** What a policy changes against another one, or against its parent, and what that needs. */
export async function diffOf(
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
