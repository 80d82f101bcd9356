import * as z from 'zod';

/** Calls, their scores and what they use, as the API shows them. Moments are ISO 8601 texts in UTC. */
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
