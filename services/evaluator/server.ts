import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Log } from '#shared/log.ts';
import { toProblem } from '#shared/problem.ts';
import { type Readiness, registerServiceEndpoints } from '#shared/service-endpoints.ts';
import { type IngestRouteDeps, registerIngestRoutes } from './ingest/ingest-routes.ts';

/** The evaluator's HTTP side: health, metrics, and the door for calls that other gateways report. */
export function createServer(
  deps: IngestRouteDeps & {
    readonly readiness: () => Promise<Readiness>;
    readonly registry: Registry;
    readonly log: Log;
  },
): FastifyInstance {
  const server = fastify({ logger: false });
  server.setErrorHandler(async (error, _request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) deps.log.error({ err: error }, 'a request to the evaluator failed');
    return await reply.status(problem.status).type('application/problem+json').send(problem);
  });
  registerServiceEndpoints(server, { readiness: deps.readiness, metrics: deps.registry });
  registerIngestRoutes(server, deps);
  return server;
}
