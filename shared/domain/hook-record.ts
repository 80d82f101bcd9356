import * as z from 'zod';
import { callStatusSchema, variantSchema } from './call.ts';

const TEXT_CHARACTERS_MAX = 512;
const MODEL_CHARACTERS_MAX = 256;
/** A call id of ours carries its start time, which must lie in a plausible year. */
const STARTED_AT_MIN = Date.UTC(2020, 0, 1);
const STARTED_AT_MAX = Date.UTC(2100, 0, 1);

const label = z.string().min(1).max(TEXT_CHARACTERS_MAX);
const modelName = z.string().min(1).max(MODEL_CHARACTERS_MAX);
const tokens = z.number().int().nonnegative();
const content = z.record(z.string(), z.unknown());

/** Tokens as a foreign gateway reports them; `inputTokens` excludes both cache counts. */
const hookUsageSchema = z.object({
  inputTokens: tokens,
  cacheReadInputTokens: tokens.default(0),
  cacheCreationInputTokens: tokens.default(0),
  outputTokens: tokens,
  reasoningOutputTokens: tokens.default(0),
});

/** What of the active policy a foreign gateway applied to a call; without it the call is in no rollout. */
const hookPolicySchema = z.object({
  policyId: label,
  epoch: z.number().int().nonnegative(),
  ruleId: label.optional(),
  prefixId: label.optional(),
  rolloutId: z.uuid().optional(),
  variant: variantSchema.optional(),
  propensity: z.number().gt(0).max(1).optional(),
});

/**
 * One finished call as another gateway reports it, version 1. `request` and `response` are the bodies that its client
 * sent and got, in `clientFormat`; where the client got a stream, `response` is the whole message that it adds up to, or
 * `upstreamReply` is the reply as it came, in `upstreamFormat`. Unknown members are ignored.
 */
export const hookRecordSchema = z.object({
  startedAt: z
    .number()
    .int()
    .min(STARTED_AT_MIN)
    .max(STARTED_AT_MAX)
    .describe('Unix milliseconds at which the call came in'),
  durationMs: z.number().nonnegative(),
  timeToFirstChunkMs: z.number().nonnegative().optional(),
  sessionId: label.optional().describe('The conversation it belongs to; guessed from the history when absent'),
  agentId: label.optional(),
  parentAgentId: label.optional(),
  developer: label.optional(),
  repo: label.optional(),
  clientFormat: z.enum(['anthropic-messages', 'openai-chat', 'openai-responses']),
  upstreamFormat: z
    .enum(['anthropic-messages', 'bedrock-converse', 'openai-chat', 'openai-responses', 'gemini'])
    .optional(),
  provider: label.optional(),
  model: modelName.optional().describe('The model that the call was sent to'),
  responseModel: modelName.optional().describe('The model that the provider says has answered'),
  request: content,
  response: content.optional(),
  upstreamReply: z.string().optional().describe('The raw reply: a JSON body, or server-sent events'),
  streamed: z.boolean().default(false),
  status: callStatusSchema.default('ok'),
  errorType: label.optional(),
  usage: hookUsageSchema.optional().describe('Taken from the response when absent'),
  costUsd: z.number().nonnegative().optional(),
  policy: hookPolicySchema.optional(),
});

export type HookRecord = z.output<typeof hookRecordSchema>;
