import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { TrimtabError } from '#shared/errors.ts';
import type { Log } from '#shared/log.ts';
import { toProblem } from '#shared/problem.ts';
import { type Readiness, registerServiceEndpoints } from '#shared/service-endpoints.ts';
import type { ApiDeps } from './api/api-deps.ts';
import type { ApiRoute } from './api/api-route.ts';
import { authorise } from './api/authorise.ts';
import { docsPage } from './api/docs-page.ts';
import { openApiDocument } from './api/open-api.ts';
import { clusterChangeRoutes } from './api/routes/cluster-change-routes.ts';
import { clusterRoutes } from './api/routes/cluster-routes.ts';
import { labelRoutes } from './api/routes/label-routes.ts';
import { operationRoutes } from './api/routes/operation-routes.ts';
import { policyRoutes } from './api/routes/policy-routes.ts';
import { promptRoutes } from './api/routes/prompt-routes.ts';
import { providerRoutes } from './api/routes/provider-routes.ts';
import { reportRoutes } from './api/routes/report-routes.ts';
import { scoreRoutes } from './api/routes/score-routes.ts';
import { trafficRoutes } from './api/routes/traffic-routes.ts';
import type { AccessTokens } from './api/token-file.ts';

export interface OptimizerServerDeps extends ApiDeps {
  readonly log: Log;
  readonly tokens: AccessTokens;
  readonly metrics: Registry;
  readonly readiness: () => Promise<Readiness>;
}

/** Version of the API; paths carry its major part. */
const API_VERSION = '1.0.0';
const BODY_BYTES_MAX = 64 * 1_024;

/** Every route of the control plane: what is served, documented and tested. */
export function apiRoutes(deps: ApiDeps): ApiRoute[] {
  return [
    ...clusterRoutes(deps),
    ...clusterChangeRoutes(deps),
    ...trafficRoutes(deps),
    ...scoreRoutes(deps),
    ...labelRoutes(deps),
    ...providerRoutes(deps),
    ...policyRoutes(deps),
    ...promptRoutes(deps),
    ...operationRoutes(deps),
    ...reportRoutes(deps),
  ];
}

/** The control plane over HTTP. Everything but health, metrics and documentation takes a token. */
export function createOptimizerServer(deps: OptimizerServerDeps): FastifyInstance {
  const server = Fastify({ bodyLimit: BODY_BYTES_MAX });
  registerServiceEndpoints(server, deps);
  const routes = apiRoutes(deps);
  const document = openApiDocument(routes, API_VERSION);
  server.get('/openapi.json', async () => document);
  server.get('/docs', async (_request, reply) => reply.type('text/html; charset=utf-8').send(docsPage(routes)));
  for (const route of routes) {
    server.route({
      method: route.method,
      url: route.path,
      handler: async (request, reply) => {
        const caller = authorise(deps.tokens, request.headers.authorization, route.role);
        const { params, query, body, headers } = request;
        const answer = await route.run({ params, query, body, headers, caller, signal: signalOf(reply) });
        if (answer.events !== undefined) {
          const headers = { 'cache-control': 'no-store', 'content-type': 'text/event-stream; charset=utf-8' };
          return reply.headers(headers).send(Readable.from(asEventStream(answer.events)));
        }
        return reply
          .code(answer.status ?? 200)
          .headers({ 'cache-control': 'no-store', ...answer.headers })
          .send(answer.value);
      },
    });
  }
  server.setNotFoundHandler(async () => {
    throw new TrimtabError('not_found', 'there is no such route; /docs lists them');
  });
  server.setErrorHandler(async (error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500)
      deps.log.error({ error, method: request.method, url: request.routeOptions.url }, 'request failed');
    return reply.code(problem.status).type('application/problem+json').send(problem);
  });
  return server;
}

/** Each value as an event of its own; JSON has no line breaks of its own to escape. */
async function* asEventStream(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `data: ${JSON.stringify(value)}\n\n`;
}

/** Aborts when the client goes away, so that a long poll does not outlive it. */
function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}
