import * as z from 'zod';
import { runProgressSchema } from '#shared/database/optimizer-run-store.ts';
import { governanceSchema } from '#shared/domain/governance.ts';
import { lossKindSchema } from '#shared/domain/loss.ts';
import { policyBodySchema } from '#shared/domain/policy.ts';
import { rolloutSettingsSchema } from '#shared/domain/rollout.ts';
import { judgeDriftSchema } from '../cycle-checkpoint.ts';
import { offPolicyVerdictSchema } from '../off-policy/check-draft.ts';

/** Resources as the API shows them. Moments are ISO 8601 texts in UTC. */
const moment = z.iso.datetime();
const nullableText = z.string().nullable();
const nullableNumber = z.number().nullable();

export const callSummarySchema = z.object({
  callId: z.uuid(),
  sessionId: z.string(),
  source: z.string(),
  startedAt: moment,
  durationMs: z.number(),
  timeToFirstChunkMs: nullableNumber,
  clientFormat: z.string(),
  provider: nullableText,
  requestModel: z.string(),
  responseModel: nullableText,
  turnShape: z.string(),
  policyId: nullableText,
  epoch: nullableNumber,
  ruleId: nullableText,
  rolloutId: nullableText,
  variant: nullableText,
  prefixId: nullableText,
  path: z.string(),
  status: z.string(),
  stopReason: nullableText,
  errorType: nullableText,
  inputTokens: nullableNumber,
  cacheReadInputTokens: nullableNumber,
  cacheCreationInputTokens: nullableNumber,
  outputTokens: nullableNumber,
  costUsd: nullableNumber,
  failures: z.number(),
});

export const scoreSchema = z.object({
  callId: z.uuid(),
  subjectType: z.string(),
  subjectId: z.string(),
  scorer: z.string(),
  scorerVersion: z.string(),
  pass: z.string(),
  sample: z.number(),
  metric: z.string(),
  status: z.string(),
  outcome: z.string(),
  value: nullableNumber,
  owner: nullableText,
  severity: nullableText,
  confidence: nullableNumber,
  samplingProbability: z.number(),
  evidence: z.unknown(),
  explanation: nullableText,
  judge: z.unknown(),
  costUsd: z.number(),
  createdAt: moment,
});

const callShapeSchema = z.object({
  format: z.string(),
  text: nullableText,
  missing: nullableText,
  isExact: z.boolean(),
  inexact: z.array(z.string()),
});

export const callDetailSchema = callSummarySchema.extend({
  developer: nullableText,
  repo: nullableText,
  parentCallId: nullableText,
  upstreamFormat: nullableText,
  propensity: nullableNumber,
  candidates: z.unknown(),
  attempts: z.unknown(),
  losses: z.unknown(),
  completeness: z.unknown(),
  capture: z.string(),
  scores: z.array(scoreSchema),
  /** What was said, in each of its forms; for operators only. */
  shapes: z
    .object({ request: callShapeSchema, upstream: callShapeSchema, raw: callShapeSchema, delivered: callShapeSchema })
    .nullable(),
});

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
  /** Until when the optimizer leaves this change alone after rollbacks of it. */
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

export const usageSchema = z.object({
  since: moment,
  rows: z.array(
    z.object({
      day: z.string(),
      provider: nullableText,
      model: nullableText,
      calls: z.number(),
      inputTokens: z.number(),
      cacheReadInputTokens: z.number(),
      cacheCreationInputTokens: z.number(),
      outputTokens: z.number(),
      costUsd: z.number(),
    }),
  ),
});

const calibrationFigureSchema = z.object({ seen: z.number(), median: nullableNumber, factor: z.number() });

export const modelTokensSchema = z.object({
  provider: z.string(),
  model: z.string(),
  gateways: z.number(),
  updatedAt: moment.nullable(),
  estimate: calibrationFigureSchema,
  prompt: calibrationFigureSchema,
  growth: calibrationFigureSchema,
  answer: calibrationFigureSchema,
});

export const lossReportSchema = z.object({
  provider: z.string(),
  since: moment,
  calls: z.number(),
  kinds: z.array(
    z.object({
      kind: lossKindSchema,
      calls: z.number(),
      share: z.number().min(0).max(1),
      models: z.array(z.object({ model: nullableText, calls: z.number() })),
      places: z.array(
        z.object({
          pointer: z.string(),
          format: z.string(),
          detail: z.string(),
          calls: z.number(),
          count: z.number(),
        }),
      ),
      callIds: z.array(z.uuid()),
    }),
  ),
});

/** A value with its moments as texts, as JSON has them. */
export type AsJson<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? AsJson<Item>[]
    : Value extends object
      ? { -readonly [Key in keyof Value]: AsJson<Value[Key]> }
      : Value;

/** What the value is once it has gone over the wire. */
export function asJson<Value>(value: Value): AsJson<Value> {
  return JSON.parse(JSON.stringify(value)) as AsJson<Value>;
}
