import type { ApiError } from '#shared/formats/api-error.ts';
import type { ClientStreamEncoder, DecodeContext } from '#shared/formats/format.ts';
import { encodeLossHeader, type Loss } from '#shared/formats/loss.ts';
import type { Log } from '#shared/log.ts';
import type { UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import { answerContext } from './answer-context.ts';
import type { AttemptLog } from './attempt-log.ts';
import type { ClientConnection } from './client-connection.ts';
import { type ClientStream, createClientStream } from './client-stream.ts';
import type { GatewayConfig } from './config.ts';
import { type DeliverInput, deliverMessage } from './deliver-message.ts';
import { deliverStream, streamError } from './deliver-stream.ts';
import type { Delivery } from './delivery.ts';
import type { EncodedCall } from './encode-call.ts';
import { answerHeaders, gatewayFault, sendError } from './refuse-call.ts';
import { elapsedMs, type RoutedCall } from './routed-call.ts';
import { type SentCall, sendCall } from './send-call.ts';
import {
  type AskUpstream,
  beginServerTurn,
  type ServeServerTurnDeps,
  serveServerTurn,
} from './server-tools/serve-server-turn.ts';
import type { UpstreamHealth } from './upstream-health.ts';

export interface ServeCallDeps {
  readonly config: Pick<GatewayConfig, 'models' | 'pingIntervalMs' | 'retryAfterMaxMs' | 'serverTools'>;
  readonly pools: UpstreamPools;
  readonly pages: ServeServerTurnDeps['pages'];
  readonly health: UpstreamHealth;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

export interface ServedCall {
  /** What was sent last; null when nothing was. */
  readonly encoded: EncodedCall | null;
  readonly delivery: Delivery;
}

interface Serving {
  readonly call: RoutedCall;
  readonly connection: ClientConnection;
  readonly attempts: AttemptLog;
  /** What was sent last. */
  encoded: EncodedCall | null;
}

/** Sends a routed call and brings its answer to the client. Never throws: a fault of ours is an answer, too. */
export async function serveCall(
  deps: ServeCallDeps,
  call: RoutedCall,
  connection: ClientConnection,
  attempts: AttemptLog,
): Promise<ServedCall> {
  const serving: Serving = { call, connection, attempts, encoded: null };
  const isStreamed = call.canonical.body.stream === true;
  const stream = isStreamed ? openClientStream(deps, serving) : null;
  try {
    return { delivery: await serve(deps, serving, stream), encoded: serving.encoded };
  } catch (fault) {
    deps.log.error({ err: fault, callId: call.incoming.callId }, 'a call failed for a fault of the gateway');
    return { delivery: await deliverError(serving, stream, gatewayFault(), ''), encoded: serving.encoded };
  } finally {
    stream?.end();
  }
}

function serve(deps: ServeCallDeps, serving: Serving, stream: ClientStream | null): Promise<Delivery> {
  const { call, connection } = serving;
  const turn = beginServerTurn(deps.config.serverTools, call);
  if (turn === null) return serveOnce(deps, serving, stream);
  return serveServerTurn(deps, { call, turn, connection, stream }, askUpstream(deps, serving));
}

/** The way of one request to an upstream and back, for a call that is answered in several of them. */
function askUpstream(deps: ServeCallDeps, serving: Serving): AskUpstream {
  return {
    ask: (call, connection, stream) => {
      const step: Serving = {
        call,
        connection,
        attempts: serving.attempts,
        get encoded() {
          return serving.encoded;
        },
        set encoded(encoded) {
          serving.encoded = encoded;
        },
      };
      return serveOnce(deps, step, stream);
    },
    encoded: () => serving.encoded,
    headers: (losses) => successHeaders(serving, losses),
  };
}

async function serveOnce(deps: ServeCallDeps, serving: Serving, stream: ClientStream | null): Promise<Delivery> {
  const { call, connection, attempts } = serving;
  const { pools, now, log, config, health } = deps;
  const sendDeps = { pools, now, log, health, models: config.models, retryAfterMaxMs: config.retryAfterMaxMs };
  const onEncoded = (encoded: EncodedCall): void => {
    serving.encoded = encoded;
  };
  const sent = await sendCall(sendDeps, call, { signal: connection.gone, attempts, onEncoded });
  if (sent.type === 'cancelled') return undelivered('client_cancelled', null, '');
  if (sent.type === 'failed') return await deliverError(serving, stream, sent.error, sent.raw);
  const input = deliverInput(deps, serving, sent);
  if (stream !== null) return await deliverStream(input, stream, successHeaders(serving, []));
  const delivery = await deliverMessage(input, (losses) => successHeaders(serving, losses));
  if (delivery.error !== null) sendError(connection, call.incoming, delivery.error);
  return delivery;
}

function createEncoder(call: RoutedCall): ClientStreamEncoder {
  return call.incoming.clientFormat.createStreamEncoder(answerContext(call));
}

function openClientStream(deps: ServeCallDeps, serving: Serving): ClientStream {
  return createClientStream(serving.connection, {
    pingIntervalMs: deps.config.pingIntervalMs,
    ping: createEncoder(serving.call).encode({ type: 'ping' }),
    headers: () => successHeaders(serving, []),
  });
}

function deliverInput(
  deps: ServeCallDeps,
  { call, connection }: Serving,
  { encoded, headers, body }: Extract<SentCall, { type: 'answered' }>,
): DeliverInput {
  const { incoming, inputTokensEstimate } = call;
  const { model } = encoded.served;
  const context: DecodeContext = {
    callId: incoming.callId,
    nowSeconds: Math.floor(incoming.startedAtMs / 1000),
    request: encoded.canonical.body,
    targetModel: model.id,
    ...(model.family === undefined ? {} : { targetFamily: model.family }),
    inputTokensEstimate,
  };
  const { 'content-type': type } = headers;
  const contentType = Array.isArray(type) ? type[0] : type;
  return { call, encoded, contentType, body, context, connection, elapsedMs: () => elapsedMs(deps.now, incoming) };
}

function successHeaders({ call, encoded }: Serving, losses: readonly Loss[]): Record<string, string> {
  const header = encodeLossHeader([...(encoded?.losses ?? []), ...losses]);
  return { ...answerHeaders(call.incoming.callId), ...(header === null ? {} : { 'x-trimtab-losses': header }) };
}

/** Once a ping has gone out the status is said, and an error can only be an event. */
async function deliverError(
  { call, connection }: Serving,
  stream: ClientStream | null,
  error: ApiError,
  raw: string,
): Promise<Delivery> {
  if (!connection.headersSent) sendError(connection, call.incoming, error);
  else await stream?.write(createEncoder(call).encode(streamError(error)));
  return undelivered('upstream_error', error, raw);
}

function undelivered(status: Delivery['status'], error: ApiError | null, upstreamRaw: string): Delivery {
  return {
    status,
    message: null,
    upstreamStopReason: null,
    error,
    outcome: status === 'client_cancelled' ? 'cancelled' : 'ok',
    timeToFirstChunkMs: null,
    losses: [],
    upstreamRaw,
    isTruncated: false,
  };
}
