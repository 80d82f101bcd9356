import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** Each dependency by name: `true` when it works, else the reason why it does not. */
export type Readiness = Readonly<Record<string, true | string>>;

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
    const ready = Object.values(checks).every((check) => check === true);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.metrics()),
  );
}
