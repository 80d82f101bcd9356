import type { FastifyInstance } from 'fastify';

/** What clients knock at before their first call: answered at once, without a key. */
export function registerHello(server: FastifyInstance): void {
  for (const path of ['/', '/api/hello']) {
    server.get(path, async () => ({ service: 'trimtab-gateway' }));
  }
}
