import { setTimeout as delay } from 'node:timers/promises';

/** One look must not hang on a service that accepts connections and never answers. */
const LOOK_TIMEOUT_MS = 2_000;
const LOOK_INTERVAL_MS = 50;
const REASON_CHARACTERS_MAX = 300;

export type Readiness = { readonly type: 'ready' } | { readonly type: 'not_ready'; readonly reason: string };

async function look(address: string, signal: AbortSignal): Promise<Readiness> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
    const response = await fetch(`${address}/readyz`, { signal: bounded });
    const body = await response.text();
    if (response.ok) return { type: 'ready' };
    return { type: 'not_ready', reason: `/readyz answered ${response.status} ${body.slice(0, REASON_CHARACTERS_MAX)}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { type: 'not_ready', reason: `/readyz: ${cause instanceof Error ? cause.message : cause}` };
  }
}

/** Asks a service until it says that it is ready; gives the last answer after `deadlineMs`, or when aborted. */
export async function waitUntilReady(address: string, deadlineMs: number, signal: AbortSignal): Promise<Readiness> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const readiness = await look(address, signal);
    if (readiness.type === 'ready' || signal.aborted || performance.now() > deadline) return readiness;
    await delay(LOOK_INTERVAL_MS);
  }
}
