import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 20_000;
const INTERVAL_MS = 20;

/** Waits until the condition gives a value that counts as true, and gives it; throws after the deadline. */
export async function eventually<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await delay(INTERVAL_MS);
  }
}
