import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Call } from './domain/call.ts';

/**
 * Every name that leaves in telemetry. The GenAI conventions are still in development and move between packages, so
 * their strings are kept here and nowhere else.
 */
const TELEMETRY_NAMES = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  conversationId: 'gen_ai.conversation.id',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  responseModel: 'gen_ai.response.model',
  responseFinishReasons: 'gen_ai.response.finish_reasons',
  responseTimeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  usageInputTokens: 'gen_ai.usage.input_tokens',
  usageOutputTokens: 'gen_ai.usage.output_tokens',
  usageCacheReadInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  usageCacheCreationInputTokens: 'gen_ai.usage.cache_creation.input_tokens',
  usageReasoningOutputTokens: 'gen_ai.usage.reasoning.output_tokens',
  errorType: 'error.type',
  callId: 'trimtab.call.id',
  projectId: 'trimtab.project.id',
  sessionSource: 'trimtab.session.source',
  turnShape: 'trimtab.turn_shape',
  policyId: 'trimtab.policy.id',
  policyEpoch: 'trimtab.policy.epoch',
  ruleId: 'trimtab.rule.id',
  rolloutId: 'trimtab.rollout.id',
  variant: 'trimtab.variant',
  propensity: 'trimtab.propensity',
  candidates: 'trimtab.candidates',
  prefixId: 'trimtab.prefix.id',
  target: 'trimtab.target.model',
  path: 'trimtab.path',
  attempts: 'trimtab.attempts',
  losses: 'trimtab.losses',
  inputTokensEstimate: 'trimtab.input_tokens.estimate',
  costEstimate: 'trimtab.cost.estimate_usd',
  cost: 'trimtab.cost.usd',
  callStatus: 'trimtab.call.status',
} as const;

const OPERATION_CHAT = 'chat';
/** The conventions' own names of providers; others go by the name that they are configured with. */
const PROVIDER_NAMES: Readonly<Record<string, string>> = { openai: 'openai', anthropic: 'anthropic' };
const EXPORT_TIMEOUT_MS = 5_000;
const QUEUED_SPANS_MAX = 2_048;

/** Exports what happened as OpenTelemetry spans. */
export interface Telemetry {
  /**
   * Exports one finished call as a span.
   *
   * @param traceparent W3C header of the client's request, which makes its span the parent
   */
  recordCall(call: Call, traceparent?: string): void;
  /** Sends what is queued, and stops. */
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: the base address, to which `/v1/traces` is added. */
  readonly endpoint: string;
  readonly serviceName: string;
  readonly serviceVersion: string;
}

/** Telemetry to an OTLP/HTTP endpoint. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.serviceVersion,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: QUEUED_SPANS_MAX })],
  });
  const tracer = provider.getTracer('trimtab', options.serviceVersion);
  return {
    recordCall(call, traceparent) {
      const span = tracer.startSpan(
        `${OPERATION_CHAT} ${call.requestModel}`,
        { kind: SpanKind.CLIENT, startTime: call.startedAt, attributes: callAttributes(call) },
        parentContext(traceparent),
      );
      if (call.status !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR, message: call.errorType ?? call.status });
      span.end(call.startedAt + call.durationMs);
    },
    shutdown: () => provider.shutdown(),
  };
}

/** A call as span attributes. Token counts follow the conventions, where the input includes what caches served. */
export function callAttributes(call: Call): Attributes {
  const names = TELEMETRY_NAMES;
  const { usage } = call;
  const attributes: Record<string, Attributes[string] | null> = {
    [names.operationName]: OPERATION_CHAT,
    [names.providerName]: call.provider === null ? null : (PROVIDER_NAMES[call.provider] ?? call.provider),
    [names.conversationId]: call.sessionId,
    [names.requestModel]: call.requestModel,
    [names.requestStream]: call.completeness.streamed,
    [names.responseModel]: call.responseModel,
    [names.responseFinishReasons]: call.stopReason === null ? null : [call.stopReason],
    [names.responseTimeToFirstChunk]: call.timeToFirstChunkMs === null ? null : call.timeToFirstChunkMs / 1000,
    [names.usageInputTokens]:
      usage === null ? null : usage.inputTokens + usage.cacheReadInputTokens + usage.cacheCreationInputTokens,
    [names.usageOutputTokens]: usage?.outputTokens ?? null,
    [names.usageCacheReadInputTokens]: usage?.cacheReadInputTokens ?? null,
    [names.usageCacheCreationInputTokens]: usage?.cacheCreationInputTokens ?? null,
    [names.usageReasoningOutputTokens]: usage?.reasoningOutputTokens ?? null,
    [names.errorType]: call.errorType,
    [names.callId]: call.callId,
    [names.projectId]: call.projectId,
    [names.sessionSource]: call.sessionSource,
    [names.turnShape]: call.turnShape,
    [names.policyId]: call.policyId,
    [names.policyEpoch]: call.epoch,
    [names.ruleId]: call.ruleId,
    [names.rolloutId]: call.rolloutId,
    [names.variant]: call.variant,
    [names.propensity]: call.propensity,
    [names.candidates]: call.candidates.map(({ model, weight }) => `${model}=${weight}`),
    [names.prefixId]: call.prefixId,
    [names.target]: call.attempts.at(-1)?.model ?? null,
    [names.path]: call.path,
    [names.attempts]: call.attempts.length,
    [names.losses]: call.losses.length,
    [names.inputTokensEstimate]: call.inputTokensEstimate,
    [names.costEstimate]: call.costEstimateUsd,
    [names.cost]: call.costUsd,
    [names.callStatus]: call.status,
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)) as Attributes;
}

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

function parentContext(traceparent: string | undefined): Context {
  const match = TRACEPARENT.exec(traceparent ?? '');
  const [, traceId, spanId, flags] = match ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
