import { expect } from 'vitest';
import type { FaultSystem } from './fault-system.ts';

const BACK_MS = 60_000;

/** Kills a service and waits until there is another process in its place; returns when it was killed. */
export async function killService(
  { system }: FaultSystem,
  service: 'gateway' | 'evaluator' | 'optimizer',
): Promise<number> {
  const pid = system.pidOf(service);
  if (pid === undefined) throw new Error(`${service} is not running`);
  const atMs = performance.now();
  process.kill(pid, 'SIGKILL');
  const next = () => system.pidOf(service);
  await expect.poll(() => ![pid, undefined].includes(next()), { timeout: BACK_MS, interval: 5 }).toBe(true);
  return atMs;
}
