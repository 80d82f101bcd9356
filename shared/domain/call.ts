import * as z from 'zod';
import { lossSchema } from './loss.ts';
import { turnShapeSchema } from './turn-shape.ts';

/** Where a call came to us from; `replay` is never scored as traffic. */
export const callSourceSchema = z.enum(['gateway', 'hook', 'otlp', 'file', 'replay']);
export const callStatusSchema = z.enum(['ok', 'client_cancelled', 'upstream_error', 'incomplete']);
export const captureSchema = z.enum(['full', 'redacted', 'metadata', 'none']);
export const variantSchema = z.enum(['canary', 'control', 'exploration', 'stable']);

/** How the session id was found, strongest first; the last two are kept out of rollouts. */
export const sessionSourceSchema = z.enum([
  'claude-code-header',
  'metadata',
  'configured-header',
  'responses-chain',
  'transcript',
  'prompt-cache-key',
  'fingerprint',
  'call',
]);

/** Token counts. `inputTokens` excludes cache tokens; the OpenTelemetry exporter adds them back. */
export const usageSchema = z.object({
  inputTokens: z.number().int().nonnegative(),
  cacheReadInputTokens: z.number().int().nonnegative(),
  cacheCreationInputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  reasoningOutputTokens: z.number().int().nonnegative(),
});

/** One try at one upstream target, in the order in which they were made. */
export const attemptSchema = z.object({
  provider: z.string(),
  model: z.string(),
  startedAtMs: z.number(),
  durationMs: z.number(),
  outcome: z.enum([
    'ok',
    'connect_error',
    'first_byte_timeout',
    'idle_timeout',
    'total_timeout',
    'http_error',
    'cut',
    'cancelled',
  ]),
  httpStatus: z.number().int().optional(),
  retryAfterSeconds: z.number().optional(),
  error: z.string().optional(),
});

export const candidateSchema = z.object({ model: z.string(), weight: z.number() });

export const completenessSchema = z.object({
  hasRequest: z.boolean(),
  hasResponse: z.boolean(),
  streamed: z.boolean(),
  redacted: z.boolean(),
  truncated: z.boolean(),
});

/**
 * One inference through the gateway (or reported by another one): the noun everything else hangs on.
 * Transcript references (`transcriptHead`, `responseNode`, `upstreamRawBlock`, `catalogueHash`) are filled in
 * by the drainer when it stores the content, so they are absent while the call travels.
 */
export const callSchema = z.object({
  callId: z.uuid(),
  projectId: z.string(),
  keyId: z.uuid().nullable(),
  developer: z.string().nullable(),
  repo: z.string().nullable(),
  sessionId: z.string(),
  sessionSource: sessionSourceSchema,
  agentId: z.string().nullable(),
  parentAgentId: z.string().nullable(),
  parentCallId: z.uuid().nullable(),
  source: callSourceSchema,
  startedAt: z.number().int(),
  durationMs: z.number().nonnegative(),
  timeToFirstChunkMs: z.number().nonnegative().nullable(),
  clientFormat: z.string(),
  upstreamFormat: z.string().nullable(),
  codecVersion: z.string(),
  provider: z.string().nullable(),
  requestModel: z.string(),
  responseModel: z.string().nullable(),
  turnShape: turnShapeSchema,
  turnShapeVersion: z.number().int(),
  policyId: z.string().nullable(),
  epoch: z.number().int().nullable(),
  ruleId: z.string().nullable(),
  rolloutId: z.uuid().nullable(),
  variant: variantSchema.nullable(),
  propensity: z.number().nullable(),
  candidates: z.array(candidateSchema),
  prefixId: z.string().nullable(),
  path: z.enum(['hot', 'fallback']),
  attempts: z.array(attemptSchema),
  inputTokensEstimate: z.number().int().nonnegative(),
  costEstimateUsd: z.number().nullable(),
  status: callStatusSchema,
  stopReason: z.string().nullable(),
  upstreamStopReason: z.string().nullable(),
  errorType: z.string().nullable(),
  usage: usageSchema.nullable(),
  costUsd: z.number().nullable(),
  priceVersion: z.string().nullable(),
  losses: z.array(lossSchema),
  completeness: completenessSchema,
  capture: captureSchema,
});

export type Call = z.infer<typeof callSchema>;
export type CallUsage = z.infer<typeof usageSchema>;
export type CallAttempt = z.infer<typeof attemptSchema>;
export type CallStatus = z.infer<typeof callStatusSchema>;
export type CaptureMode = z.infer<typeof captureSchema>;
export type SessionSource = z.infer<typeof sessionSourceSchema>;
export type Variant = z.infer<typeof variantSchema>;

/** Session sources too weak to keep one conversation in one arm of a rollout. */
export const WEAK_SESSION_SOURCES: readonly SessionSource[] = ['fingerprint', 'call'];
