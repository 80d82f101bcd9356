import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { type Readiness, registerServiceEndpoints } from '#shared/service-endpoints.ts';

/** The evaluator's HTTP side: health and metrics. Its work comes from queues. */
export function createServer(deps: {
  readonly readiness: () => Promise<Readiness>;
  readonly registry: Registry;
}): FastifyInstance {
  const server = fastify({ logger: false });
  registerServiceEndpoints(server, { readiness: deps.readiness, metrics: deps.registry });
  return server;
}
