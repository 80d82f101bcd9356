import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/**
 * Each dependency by name: `true` when it works, else the reason why it does not. A service that is `degraded` still
 * does its work, and must not be taken out of service for it.
 */
export type Readiness = Readonly<Record<string, true | string | { readonly degraded: string }>>;

export interface ServiceEndpointsDeps {
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: Registry;
}

/**
 * The three endpoints that every service has: `/healthz` (the process answers), `/readyz` (its dependencies work, with
 * the reason where one does not) and `/metrics` (Prometheus text).
 */
export function registerServiceEndpoints(server: FastifyInstance, deps: ServiceEndpointsDeps): void {
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const checks = await deps.readiness();
    const values = Object.values(checks);
    if (values.some((check) => typeof check === 'string')) return reply.code(503).send({ status: 'not_ready', checks });
    return reply.send({ status: values.every((check) => check === true) ? 'ready' : 'degraded', checks });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.metrics()),
  );
}
