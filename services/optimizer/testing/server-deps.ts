import pino from 'pino';
import { Registry } from 'prom-client';
import { createPolicyChanges } from '../policy-changes.ts';
import type { OptimizerServerDeps } from '../server.ts';

/** What the API needs of the world, in a process that is well and whose state nobody asks for. */
export function serverDepsOf(
  given: Partial<OptimizerServerDeps> & Pick<OptimizerServerDeps, 'database' | 'projectId' | 'tokens'>,
): OptimizerServerDeps {
  return {
    people: given.database,
    now: Date.now,
    policyChanges: createPolicyChanges(),
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
    wake: () => undefined,
    readStatus: () => Promise.reject(new Error('nobody asks')),
    readiness: async () => ({ database: true }),
    ...given,
  };
}
