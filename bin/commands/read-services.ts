import * as z from 'zod';
import type { Environment, ServicePorts } from '#shared/environment.ts';
import { addressOf } from '../../infra/service-specs.ts';

/** What one service of this machine says of itself at `/readyz`. */
export interface ServiceState {
  readonly name: keyof ServicePorts;
  readonly address: string;
  /** `degraded`: it works, but not all of it. */
  readonly state: 'ready' | 'degraded' | 'not_ready' | 'not_running';
  /** Why it is not ready, or degraded; empty when it is ready. */
  readonly reasons: readonly string[];
}

/** A service that accepts a connection and says nothing is as good as down. */
const LOOK_TIMEOUT_MS = 5_000;
const BODY_CHARACTERS_MAX = 300;
const checkSchema = z.union([z.literal(true), z.string(), z.object({ degraded: z.string() })]);
const readinessSchema = z.object({ checks: z.record(z.string(), checkSchema) });

/** Asks the three services of this machine at once; never throws. */
export async function readServices(
  environment: Pick<Environment, 'host' | 'ports'>,
  signal: AbortSignal,
): Promise<readonly ServiceState[]> {
  const names = Object.keys(environment.ports) as (keyof ServicePorts)[];
  return await Promise.all(
    names.map((name) => readService(name, addressOf(environment.host, environment.ports[name]), signal)),
  );
}

async function readService(name: keyof ServicePorts, address: string, signal: AbortSignal): Promise<ServiceState> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
    const response = await fetch(`${address}/readyz`, { signal: bounded });
    const body = await response.text();
    const said = reasonsIn(body);
    if (response.ok) return { name, address, state: said?.length ? 'degraded' : 'ready', reasons: said ?? [] };
    const reasons = said ?? [`/readyz answered ${response.status} ${body.slice(0, BODY_CHARACTERS_MAX)}`];
    return { name, address, state: 'not_ready', reasons };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    return { name, address, state: 'not_running', reasons: [reason] };
  }
}

/** Null when the body is not one of ours. */
function reasonsIn(body: string): string[] | null {
  try {
    const { checks } = readinessSchema.parse(JSON.parse(body));
    return Object.entries(checks).flatMap(([name, check]) => {
      if (check === true) return [];
      return [`${name}: ${typeof check === 'string' ? check : check.degraded}`];
    });
  } catch {
    return null;
  }
}
