import { type ApiError, invalidRequest } from '#shared/formats/api-error.ts';
import type { KnownParts } from '#shared/formats/known-parts.ts';
import { turnShapeOf } from '#shared/routing/turn-shape.ts';
import type { KeyCache } from './access/key-cache.ts';
import { type AttemptLog, createAttemptLog } from './attempt-log.ts';
import type { ClientConnection } from './client-connection.ts';
import type { GatewayConfig } from './config.ts';
import { decodeCall } from './decode-call.ts';
import type { AuditQueue } from './emit/audit-queue.ts';
import { type EmitDeps, emitCall } from './emit/emit-call.ts';
import type { GatewayMetrics } from './emit/gateway-metrics.ts';
import { offerOf } from './emit/offer-of.ts';
import { priceOf } from './emit/price-of.ts';
import { estimateInputTokens } from './estimate-input-tokens.ts';
import type { FlaggedSessions } from './flagged-sessions.ts';
import { forwardedResponseId } from './forwarded-response-id.ts';
import { keepState } from './keep-state.ts';
import { neededFeatures } from './needed-features.ts';
import { observeTokens } from './observe-tokens.ts';
import { openingShapeOf } from './opening-shape.ts';
import { overlongPrompt } from './overlong-prompt.ts';
import type { PolicyClient } from './policy-client.ts';
import { auditRefusal, modelNotAllowed, sendError, spoolFull } from './refuse-call.ts';
import { routeCall, servableModels } from './route-call.ts';
import { elapsedMs, type IncomingCall, type RoutedCall } from './routed-call.ts';
import { type ServeCallDeps, type ServedCall, serveCall } from './serve-call.ts';
import { isFirstTurn } from './session-id.ts';
import type { SessionMemory } from './session-memory.ts';
import type { SessionPins } from './session-pins.ts';
import type { TokenCalibrator } from './token-calibrator.ts';

export interface HandleCallDeps extends EmitDeps, ServeCallDeps {
  readonly config: GatewayConfig;
  readonly keys: KeyCache;
  readonly policies: Pick<PolicyClient, 'current'>;
  readonly sessions: SessionMemory;
  readonly pins: SessionPins;
  readonly flagged: FlaggedSessions;
  readonly metrics: GatewayMetrics;
  readonly tokens: TokenCalibrator;
  readonly knownParts: KnownParts;
  readonly audit: Pick<AuditQueue, 'add'>;
  readonly gatewayId: string;
}

/**
 * One call, from an authenticated request to its record: what is asked, which session and turn shape it is, what the
 * policy makes of it; then to an upstream, back to the client, and into the spool. It waits for no store, but for a
 * bounded look-up of a session that another gateway began.
 */
export async function handleCall(
  deps: HandleCallDeps,
  incoming: IncomingCall,
  connection: ClientConnection,
): Promise<void> {
  const call = await routeIncoming(deps, incoming, connection);
  if (call === null) return;
  const attempts = createAttemptLog(deps.now);
  if (deps.config.capture !== 'none') deps.spool.begin(incoming.callId, incoming.identity.projectId);
  const served = await serveCall(deps, call, connection, attempts);
  record(deps, call, served, attempts);
}

/** Everything before an upstream is asked. Null when the request was answered with an error. */
async function routeIncoming(
  deps: HandleCallDeps,
  incoming: IncomingCall,
  connection: ClientConnection,
): Promise<RoutedCall | null> {
  const { config, metrics } = deps;
  const refuse = (reason: string, error: ApiError): null => {
    metrics.recordRefusal(reason);
    sendError(connection, incoming, error);
    return null;
  };

  if (config.spoolFull === 'refuse' && config.capture !== 'none' && deps.spool.isFull()) {
    return refuse('spool_full', spoolFull());
  }
  const { identity } = incoming;
  const owner = `${identity.projectId} ${identity.keyId ?? ''}`;
  const decoding = { oneByte: config.isOneByteUseful, parse: (bytes: Buffer) => deps.knownParts.parse(bytes, owner) };
  const decoded = decodeCall(incoming.clientFormat, incoming.bytes, decoding);
  if (decoded.type === 'refused') return refuse(decoded.reason, decoded.error);
  const { content } = decoded;
  const { body } = content.canonical;
  if (body.stream !== undefined && typeof body.stream !== 'boolean') {
    return refuse('invalid_request', invalidRequest('stream: must be true or false'));
  }

  const { headers, callId } = incoming;
  const session = deps.sessions.find({ headers, canonical: content.canonical, keyId: identity.keyId, callId });
  const rawTokensEstimate = estimateInputTokens(body, incoming.bytes.length);
  const openingShape = openingShapeOf(content.canonical);
  const turnShape = isFirstTurn(body) ? openingShape : turnShapeOf(body, rawTokensEstimate);

  const active = deps.policies.current();
  const isFirst = session.source !== 'responses-chain' && isFirstTurn(body);
  const pinned = deps.pins.pinFor({ session, isFirstTurn: isFirst, nowMs: incoming.startedAtMs, active });
  const pin = pinned instanceof Promise ? await pinned : pinned;
  const { sessionId } = session;
  const routing = { active, models: config.models, pin, sessionId, identity, requestModel: body.model };
  const asked = { turnShape, openingShape, inputTokens: rawTokensEstimate };
  const choice = routeCall({ ...routing, ...asked, needs: neededFeatures(active, body), flagged: deps.flagged });
  if (choice.type === 'model_not_allowed') {
    auditRefusal(deps.audit, choice, { identity, callId, gatewayId: deps.gatewayId });
    return refuse('model_not_allowed', modelNotAllowed(choice, servableModels(active, config.models)));
  }
  const placed = keepState({ incoming, canonical: content.canonical }, choice, config.models);
  if (placed.type === 'refused') return refuse('invalid_request', placed.error);
  const { epoch } = active;
  const inputTokensEstimate = estimateFor(deps, choice.target.model, rawTokensEstimate);
  const estimates = { rawTokensEstimate, inputTokensEstimate };
  const call: RoutedCall = {
    ...content,
    ...estimates,
    incoming,
    session,
    turnShape,
    pin,
    epoch,
    choice: placed.choice,
  };
  const overlong = overlongPrompt(deps.tokens, call, config.models.get(choice.target.model));
  return overlong === null ? call : refuse('prompt_too_long', overlong);
}

function estimateFor({ config, tokens }: HandleCallDeps, model: string, rawTokensEstimate: number): number {
  const provider = config.models.get(model)?.provider.name;
  return provider === undefined ? rawTokensEstimate : tokens.estimate({ provider, model }, rawTokensEstimate);
}

/** What is known when the answer is out goes to all that keep it. */
function record(deps: HandleCallDeps, call: RoutedCall, served: ServedCall, log: AttemptLog): void {
  const { incoming, session } = call;
  const { encoded, delivery } = served;
  if (log.attempts.at(-1)?.outcome === 'ok') log.end(delivery.outcome);
  if (delivery.error?.configurationFault === true) {
    deps.log.error({ callId: incoming.callId, provider: encoded?.served.provider.name }, delivery.error.message);
  }
  if (delivery.status === 'ok' && delivery.message !== null) {
    const responseId = encoded?.isForwarded === true ? forwardedResponseId(incoming.clientFormat, delivery) : null;
    deps.sessions.remember(session, delivery.message.content, responseId);
  }
  observeTokens(deps.tokens, call, served, log.attempts);
  const targetModel = encoded?.served.model.id ?? null;
  const price = priceOf(deps.policies.current(), targetModel ?? call.choice.target.model);
  const durationMs = elapsedMs(deps.now, incoming);
  const { capture } = deps.config;
  const { traceparent } = incoming.headers;
  emitCall(deps, offerOf({ call, encoded, delivery, attempts: log.attempts, price, durationMs }), {
    capture,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
  });
}
