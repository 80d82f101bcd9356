import { foreignCallId } from '#shared/content-hash.ts';
import type { Call } from '#shared/domain/call.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { HookRecord } from '#shared/domain/hook-record.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CanonicalBody, CanonicalMessage } from '#shared/formats/canonical.ts';
import { countTokens } from '#shared/formats/count-tokens.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';
import { turnShapeOf } from '#shared/routing/turn-shape.ts';
import { callUsage } from '#shared/upstream/call-usage.ts';
import { readReply } from './read-reply.ts';

export interface HookOrigin {
  readonly projectId: string;
  /** The id that the foreign gateway gave the call; the same call delivered twice is one call. */
  readonly callId: string;
  /** Whose virtual key delivered it; null for records from a queue. */
  readonly keyId: string | null;
}

/** Changes when this file makes another call of the same record. */
const CODEC_VERSION = 'queue-hook-1';

/**
 * A call of another gateway in the form in which our own are kept. What the record does not say stays unknown.
 *
 * @throws TrimtabError `invalid_request` for a request that no client could have sent
 */
export function hookToCall(hook: HookRecord, origin: HookOrigin): CallRecord {
  const format = CLIENT_FORMATS[hook.clientFormat];
  if (format === undefined) throw new TrimtabError('invalid_request', `unknown client format ${hook.clientFormat}`);
  const decoded = format.decodeRequest(hook.request);
  if (decoded.type === 'rejected') {
    throw new TrimtabError(
      'invalid_request',
      `the request is not one of ${hook.clientFormat}: ${decoded.error.message}`,
    );
  }
  const { body } = decoded.canonical;
  const callId = foreignCallId(origin.projectId, 'hook', origin.callId, hook.startedAt);
  const reply = readReply(hook, body, callId);
  return {
    v: 1,
    call: {
      ...identityOf(hook, origin, callId),
      ...routingOf(hook, body),
      ...outcomeOf(hook, reply),
      ...costOf(hook, reply, body),
    },
    request: body as unknown as Record<string, unknown>,
    response: reply as unknown as Record<string, unknown> | null,
    upstreamRaw: hook.upstreamReply ?? null,
  };
}

function identityOf(hook: HookRecord, origin: HookOrigin, callId: string) {
  return {
    callId,
    projectId: origin.projectId,
    keyId: origin.keyId,
    developer: hook.developer ?? null,
    repo: hook.repo ?? null,
    sessionId: hook.sessionId ?? `hook-${callId}`,
    // A call of its own until its history shows which conversation it continues.
    sessionSource: hook.sessionId === undefined ? ('call' as const) : ('configured-header' as const),
    agentId: hook.agentId ?? null,
    parentAgentId: hook.parentAgentId ?? null,
    parentCallId: null,
    source: 'hook' as const,
    clientFormat: hook.clientFormat,
    capture: 'full' as const,
  };
}

function routingOf(hook: HookRecord, body: CanonicalBody) {
  const { policy } = hook;
  return {
    upstreamFormat: hook.upstreamFormat ?? null,
    codecVersion: CODEC_VERSION,
    provider: hook.provider ?? null,
    requestModel: body.model,
    turnShapeVersion: TURN_SHAPE_VERSION,
    policyId: policy?.policyId ?? null,
    epoch: policy?.epoch ?? null,
    ruleId: policy?.ruleId ?? null,
    // Only a named session stays in one arm of a rollout.
    rolloutId: hook.sessionId === undefined ? null : (policy?.rolloutId ?? null),
    variant: hook.sessionId === undefined ? null : (policy?.variant ?? null),
    propensity: policy?.propensity ?? null,
    candidates: [],
    prefixId: policy?.prefixId ?? null,
    path: 'hot' as const,
  };
}

function outcomeOf(hook: HookRecord, reply: CanonicalMessage | null) {
  return {
    startedAt: hook.startedAt,
    durationMs: hook.durationMs,
    timeToFirstChunkMs: hook.timeToFirstChunkMs ?? null,
    responseModel: hook.responseModel ?? reply?.model ?? null,
    attempts: attemptsOf(hook),
    status: hook.status,
    stopReason: reply?.stop_reason ?? null,
    upstreamStopReason: null,
    errorType: hook.errorType ?? null,
    losses: [],
    completeness: {
      hasRequest: true,
      hasResponse: reply !== null,
      streamed: hook.streamed,
      redacted: false,
      truncated: false,
    },
  };
}

/** The model that a call was sent to stands in its attempts, as for calls of our own gateway. */
function attemptsOf({ provider, model, startedAt, durationMs, status }: HookRecord): Call['attempts'] {
  if (model === undefined) return [];
  const outcome = status === 'ok' ? 'ok' : status === 'client_cancelled' ? 'cancelled' : 'http_error';
  return [{ provider: provider ?? '', model, startedAtMs: startedAt, durationMs, outcome }];
}

function costOf(hook: HookRecord, reply: CanonicalMessage | null, body: CanonicalBody) {
  const inputTokensEstimate = countTokens(body, hook.model ?? body.model);
  return {
    inputTokensEstimate,
    costEstimateUsd: null,
    turnShape: turnShapeOf(body, inputTokensEstimate),
    usage: hook.usage ?? (reply === null || hook.status !== 'ok' ? null : callUsage(reply.usage)),
    costUsd: hook.costUsd ?? null,
    priceVersion: null,
  };
}
