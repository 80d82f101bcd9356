import * as z from 'zod';
import { runProgressSchema } from '#shared/database/optimizer-run-store.ts';
import { policyBodySchema } from '#shared/domain/policy.ts';
import { rolloutSettingsSchema } from '#shared/domain/rollout.ts';
import { judgeDriftSchema } from '../cycle-checkpoint.ts';
import { offPolicyVerdictSchema } from '../off-policy/check-draft.ts';

/** Rollouts, runs, the audit log and the levers as the API shows them. Moments are ISO 8601 texts in UTC. */
const moment = z.iso.datetime();
const nullableText = z.string().nullable();

export const rolloutSchema = z.object({
  rolloutId: z.uuid(),
  number: z.number(),
  kind: z.string(),
  candidate: z.string(),
  baseline: z.string(),
  status: z.string(),
  canaryShare: z.number(),
  settings: rolloutSettingsSchema,
  openedEpoch: z.number(),
  openedAt: moment,
  closedAt: moment.nullable(),
  evidence: z.unknown(),
});

export const runSchema = z.object({
  runId: z.uuid(),
  job: z.string(),
  logicalTime: moment,
  trigger: z.string(),
  status: z.string(),
  attempt: z.number(),
  createdAt: moment,
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
  progress: runProgressSchema,
  summary: z.record(z.string(), z.unknown()),
});

const modeSchema = z.enum(['off', 'propose', 'automatic']);

/** What a cycle would do now. */
export const cyclePlanSchema = z.object({
  asOf: moment,
  stable: z.object({ policyId: z.string(), number: z.number() }).nullable(),
  routing: z
    .object({
      mode: modeSchema,
      reason: nullableText,
      explanations: z.array(z.unknown()),
      judgeDrifts: z.array(judgeDriftSchema),
      offPolicy: offPolicyVerdictSchema.nullable(),
      draft: z
        .object({
          policyId: z.string(),
          why: z.string(),
          changes: z.array(z.string()),
          risk: z.string(),
          riskClass: z.enum(['automatic', 'canary', 'human']),
          reasons: z.array(z.string()),
          body: policyBodySchema,
          outcome: z.enum(['propose', 'activate', 'open_canary', 'hold']),
          heldBy: nullableText,
        })
        .nullable(),
    })
    .nullable(),
  prefixes: z.object({ mode: modeSchema }).nullable(),
});

export const auditEventSchema = z.object({
  sequence: z.number(),
  action: z.string(),
  actor: z.string(),
  subject: z.string(),
  reason: z.string(),
  details: z.record(z.string(), z.unknown()),
  happenedAt: moment,
  previousHash: z.string(),
  hash: z.string(),
});

export const controlSchema = z.object({
  paused: z.boolean(),
  pinnedPolicy: nullableText,
  actor: z.string(),
  reason: z.string(),
  updatedAt: moment,
});
