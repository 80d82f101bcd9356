import * as z from 'zod';
import type { Environment, ServicePorts } from '#shared/environment.ts';
import { addressOf } from '../../infra/service-specs.ts';

/** What one service of this machine says of itself at `/readyz`. */
export interface ServiceState {
  readonly name: keyof ServicePorts;
  readonly address: string;
  readonly state: 'ready' | 'not_ready' | 'not_running';
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
}

/** A service that accepts a connection and says nothing is as good as down. */
const LOOK_TIMEOUT_MS = 5_000;
const BODY_CHARACTERS_MAX = 300;
const readinessSchema = z.object({ checks: z.record(z.string(), z.union([z.literal(true), z.string()])) });

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
    if (response.ok) return { name, address, state: 'ready', reasons: [] };
    return { name, address, state: 'not_ready', reasons: reasonsOf(response.status, body) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    return { name, address, state: 'not_running', reasons: [reason] };
  }
}

function reasonsOf(status: number, body: string): string[] {
  try {
    const { checks } = readinessSchema.parse(JSON.parse(body));
    return Object.entries(checks).flatMap(([name, check]) => (check === true ? [] : [`${name}: ${check}`]));
  } catch {
    return [`/readyz answered ${status} ${body.slice(0, BODY_CHARACTERS_MAX)}`];
  }
}
