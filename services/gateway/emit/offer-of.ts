import type { Call, CallAttempt } from '#shared/domain/call.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { callUsage } from '#shared/upstream/call-usage.ts';
import type { Delivery } from '../delivery.ts';
import type { EncodedCall } from '../encode-call.ts';
import type { RoutedCall } from '../routed-call.ts';
import { callCost, costEstimate, type ModelPrice } from './call-cost.ts';

export interface FinishedCall {
  readonly call: RoutedCall;
  /** What was sent last; null when nothing was. */
  readonly encoded: EncodedCall | null;
  readonly delivery: Delivery;
  readonly attempts: readonly CallAttempt[];
  readonly price: ModelPrice | null;
  readonly durationMs: number;
}

/** Headers of Claude Code that say which of its agents calls. */
const AGENT_HEADER = 'x-claude-code-agent-id';
const PARENT_AGENT_HEADER = 'x-claude-code-parent-agent-id';
const LABEL_CHARACTERS_MAX = 200;

/** A finished call for the spool, with all of its content. */
export function offerOf(finished: FinishedCall): OfferedCall {
  const { call, delivery } = finished;
  const { incoming } = call;
  return {
    call: callOf(finished),
    request: { bytes: incoming.bytes, clientFormat: incoming.clientFormat.name },
    response: delivery.message === null ? null : (delivery.messageText ?? JSON.stringify(delivery.message)),
    upstreamRaw: delivery.upstreamRaw.length === 0 ? null : delivery.upstreamRaw,
  };
}

/** In one literal: put together of parts it would be copied member by member, for every call. */
function callOf({ call, encoded, delivery, attempts, price, durationMs }: FinishedCall): Call {
  const { incoming, session, choice, pin } = call;
  const { identity, headers } = incoming;
  const { message, status } = delivery;
  const isFallback = encoded !== null && encoded.served.model.id !== choice.target.model;
  // A stream that broke off before its end carries the usage of its start, which is no usage of the call.
  const usage = message === null || status !== 'ok' ? null : callUsage(message.usage);
  return {
    callId: incoming.callId,
    projectId: identity.projectId,
    keyId: identity.keyId,
    developer: identity.developer,
    repo: identity.repo,
    sessionId: session.sessionId,
    sessionSource: session.source,
    agentId: label(headers[AGENT_HEADER]),
    parentAgentId: label(headers[PARENT_AGENT_HEADER]),
    parentCallId: null,
    source: 'gateway',
    startedAt: incoming.startedAtMs,
    durationMs,
    timeToFirstChunkMs: delivery.timeToFirstChunkMs,
    clientFormat: incoming.clientFormat.name,
    upstreamFormat: encoded?.served.format.name ?? null,
    codecVersion: encoded?.served.format.version ?? '',
    provider: encoded?.served.provider.name ?? null,
    requestModel: call.canonical.body.model,
    responseModel: textOrNull(message?.model),
    turnShape: call.turnShape,
    turnShapeVersion: TURN_SHAPE_VERSION,
    policyId: pin.policy.policyId,
    epoch: call.epoch,
    ruleId: choice.ruleId,
    rolloutId: pin.rolloutId,
    variant: pin.variant,
    propensity: choice.propensity,
    candidates: [...choice.candidates],
    prefixId: encoded?.prefixId ?? null,
    path: isFallback || choice.path === 'fallback' ? 'fallback' : 'hot',
    attempts: [...attempts],
    inputTokensEstimate: call.inputTokensEstimate,
    costEstimateUsd: costEstimate(call.inputTokensEstimate, price),
    status,
    stopReason: textOrNull(message?.stop_reason),
    upstreamStopReason: textOrNull(delivery.upstreamStopReason),
    errorType: delivery.error?.type ?? null,
    usage,
    costUsd: callCost(usage, price),
    priceVersion: price?.version ?? null,
    losses: [...(encoded?.losses ?? []), ...delivery.losses],
    completeness: completenessOf(call, delivery),
    capture: 'full',
  };
}

function completenessOf({ canonical }: RoutedCall, delivery: Delivery): Call['completeness'] {
  return {
    hasRequest: true,
    hasResponse: delivery.message !== null,
    streamed: canonical.body.stream === true,
    redacted: false,
    truncated: delivery.isTruncated,
  };
}

/** A forwarded answer is the upstream's own, and is read no further than a client needs it. */
function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function label(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, LABEL_CHARACTERS_MAX) : null;
}
