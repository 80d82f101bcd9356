import { randomBytes } from 'node:crypto';
import type { Call } from '#shared/domain/call.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';

const STARTED_AT = Date.UTC(2026, 0, 7, 12);
let made = 0;

/** A finished call of the gateway with its content; every one has its own id, a second later than the one before. */
export function sampleCallRecord(
  change: { readonly call?: Partial<Call>; readonly content?: Partial<Omit<CallRecord, 'v' | 'call'>> } = {},
): CallRecord {
  const call = sampleCall(change.call);
  const { callId } = call;
  return {
    v: 1,
    call,
    request: {
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      system: 'You are terse.',
      messages: [{ role: 'user', content: `Question ${callId}` }],
    },
    response: {
      id: `msg_${callId}`,
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [{ type: 'text', text: `Answer ${callId}` }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 20, output_tokens: 5 },
    },
    upstreamRaw: `{"id":"${callId}"}`,
    ...change.content,
  };
}

function sampleCall(change: Partial<Call> = {}): Call {
  made += 1;
  const startedAt = change.startedAt ?? STARTED_AT + made * 1_000;
  const callId = change.callId ?? uuidV7(startedAt, randomBytes(10));
  return {
    callId,
    projectId: 'default',
    keyId: null,
    developer: 'ada',
    repo: null,
    sessionId: `session-${callId}`,
    sessionSource: 'claude-code-header',
    agentId: null,
    parentAgentId: null,
    parentCallId: null,
    source: 'gateway',
    startedAt,
    durationMs: 120,
    timeToFirstChunkMs: 40,
    clientFormat: 'anthropic-messages',
    upstreamFormat: 'openai-chat',
    codecVersion: '1',
    provider: 'openai',
    requestModel: 'claude-sonnet-4-5',
    responseModel: 'gpt-5-mini-2025-08-07',
    turnShape: '4k-none-plan',
    turnShapeVersion: 1,
    policyId: null,
    epoch: null,
    ruleId: null,
    rolloutId: null,
    variant: null,
    propensity: null,
    candidates: [{ model: 'gpt-5-mini-2025-08-07', weight: 10_000 }],
    prefixId: null,
    path: 'hot',
    attempts: [
      { provider: 'openai', model: 'gpt-5-mini-2025-08-07', startedAtMs: startedAt, durationMs: 110, outcome: 'ok' },
    ],
    inputTokensEstimate: 20,
    costEstimateUsd: null,
    status: 'ok',
    stopReason: 'end_turn',
    upstreamStopReason: 'stop',
    errorType: null,
    usage: {
      inputTokens: 20,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      outputTokens: 5,
      reasoningOutputTokens: 0,
    },
    costUsd: 0.001,
    priceVersion: '1',
    losses: [],
    completeness: { hasRequest: true, hasResponse: true, streamed: true, redacted: false, truncated: false },
    capture: 'full',
    ...change,
  };
}
