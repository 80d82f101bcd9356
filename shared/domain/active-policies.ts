import * as z from 'zod';
import { allowedModelSchema, escalationSchema } from './governance.ts';
import { policyBodySchema } from './policy.ts';

/** A policy as it is served: its id is the hash of its body, its number is what people call it (`v7`). */
export const servedPolicySchema = z.object({
  policyId: z.string(),
  number: z.number().int().positive(),
  body: policyBodySchema,
});

/**
 * Everything a gateway needs to route, read as one snapshot: the pointer, the policies it points to, the prefix texts
 * and the allow-list. It is what a gateway keeps on disk, and what `GET /api/v1/policies/active` serves to others.
 */
export const activePoliciesSchema = z.object({
  projectId: z.string(),
  epoch: z.number().int().nonnegative(),
  salt: z.string(),
  stable: servedPolicySchema,
  canary: servedPolicySchema.nullable(),
  rollout: z
    .object({ rolloutId: z.uuid(), openedAtMs: z.number(), canaryShare: z.number().min(0).max(0.5) })
    .nullable(),
  explorationShare: z.number().min(0).max(1),
  revoked: z.array(z.string()),
  prefixes: z.record(z.string(), z.string()),
  models: z.array(allowedModelSchema),
  /** Version of the governance that `models` and their prices come from; stored on calls as their price version. */
  governanceVersion: z.number().int().nonnegative(),
  paused: z.boolean(),
  /** Regions that models may be in; any when empty. Absent in copies of earlier versions. */
  residency: z.array(z.string()).optional(),
  escalation: escalationSchema.optional(),
});

export type ActivePolicies = z.infer<typeof activePoliciesSchema>;
export type ServedPolicy = z.infer<typeof servedPolicySchema>;
