import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { invalidRequest } from '#shared/formats/api-error.ts';
import { type Readiness, registerServiceEndpoints } from '#shared/service-endpoints.ts';
import { answerUnreadable } from './answer-unreadable.ts';
import { createConnectionDrain } from './drain-connections.ts';
import type { HandleCallDeps } from './handle-call.ts';
import { newCallId } from './new-call-id.ts';
import { answerHeaders } from './refuse-call.ts';
import { registerCountTokens } from './routes/count-tokens.ts';
import { registerHello } from './routes/hello.ts';
import { registerMessages } from './routes/messages.ts';
import { registerModels } from './routes/models.ts';
import { registerNotFound } from './routes/not-found.ts';
import { registerOpenaiCalls } from './routes/openai-calls.ts';
import { replyError } from './routes/reply-error.ts';

export interface GatewayServerDeps extends HandleCallDeps {
  readonly readiness: () => Promise<Readiness>;
}

/** A client has this long to send its request; answers may take as long as they take. */
const REQUEST_TIMEOUT_MS = 300_000;
/** Longer than the idle time-out of common load balancers, which must be the ones to hang up. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** The data plane over HTTP. Bodies are read by the routes themselves: the gateway needs their bytes. */
export function createGatewayServer(deps: GatewayServerDeps): FastifyInstance {
  const server = Fastify({
    logger: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Whoever still comes while the last calls end is served: see `drain-connections.ts`.
    return503OnClosing: false,
    exposeHeadRoutes: true,
    genReqId: () => newCallId(deps.now()),
    // Of a path that cannot be decoded; no hook runs for it.
    frameworkErrors: (error, request, reply) => {
      reply.headers(answerHeaders(request.id));
      replyError(reply, { ...invalidRequest(error.message), status: error.statusCode ?? 400 });
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, newCallId(deps.now())),
  });
  const connections = createConnectionDrain(server.server, () => performance.now());
  server.addHook('preClose', () => connections.drain());
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  // Calls answer outside the framework, and say it themselves.
  server.addHook('onSend', (request, reply, payload, done) => {
    reply.headers(answerHeaders(request.id));
    done(null, payload);
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) deps.log.error({ err: error, path: request.routeOptions.url }, 'a request failed');
    const message = status >= 500 ? 'The gateway failed on this request; its log has the reason.' : error.message;
    const type = status >= 500 ? 'api_error' : 'invalid_request_error';
    return replyError(reply, { type, message, status, retryable: false });
  });
  registerNotFound(server);
  registerServiceEndpoints(server, { readiness: deps.readiness, metrics: deps.metrics.registry });
  registerMessages(server, deps);
  registerOpenaiCalls(server, deps);
  registerCountTokens(server, deps);
  registerModels(server, deps);
  registerHello(server);
  return server;
}
