import * as z from 'zod';
import { governanceSchema } from '#shared/domain/governance.ts';
import { policyBodySchema } from '#shared/domain/policy.ts';

/** Policies, and what people say and do of them, as the API shows them. Moments are ISO 8601 texts in UTC. */
const moment = z.iso.datetime();
const nullableText = z.string().nullable();

export const policySchema = z.object({
  policyId: z.string(),
  number: z.number(),
  state: z.string(),
  /** What it is to the pointer now. */
  serving: z.enum(['stable', 'canary', 'revoked', 'no']),
  parentId: nullableText,
  author: z.string(),
  reason: z.string(),
  risk: z.string(),
  /** What a change like this needs: nobody, a canary or a person. */
  riskClass: z.enum(['automatic', 'canary', 'human']),
  createdAt: moment,
});

export const policyDetailSchema = policySchema.extend({
  body: policyBodySchema,
  evidence: z.unknown(),
  approvals: z.array(z.object({ person: z.string(), reason: z.string(), approvedAt: moment })),
  approvalsNeeded: z.number(),
  /** Until when the optimizer leaves this change alone after rollbacks of it, or for want of a verdict. */
  coolOff: z.object({ rollbacks: z.number(), until: moment }).nullable(),
});

export const policyDiffSchema = z.object({
  policyId: z.string(),
  number: z.number(),
  against: nullableText,
  /** One line for each change, for people. */
  changes: z.array(z.string()),
  risk: z.string(),
  riskClass: z.enum(['automatic', 'canary', 'human']),
  reasons: z.array(z.string()),
});

export const approvalSchema = z.object({
  policyId: z.string(),
  state: z.string(),
  approvals: z.number(),
  approvalsNeeded: z.number(),
});

export const governanceVersionSchema = z.object({
  version: z.number(),
  author: z.string(),
  createdAt: moment,
  body: governanceSchema,
});

export const pointerMovedSchema = z.object({
  epoch: z.number(),
  stable: z.string(),
  canary: nullableText,
});

export const rolledBackSchema = pointerMovedSchema.extend({ revoked: z.string(), slot: z.enum(['canary', 'stable']) });
