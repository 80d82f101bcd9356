import { setTimeout as delay } from 'node:timers/promises';
import { TrimtabError } from '#shared/errors.ts';
import type { Holdings } from './holdings.ts';
import type { Log } from './log.ts';
import type { OpenDatabase } from './open-database.ts';
import { restartDelayMs, type SupervisionTiming } from './supervision-timing.ts';

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Starts our own database server again whenever it dies, until `stopping`. It comes back at its old address; should
 * that be taken meanwhile, the services are started again with the new one.
 * Throws `internal` when it keeps dying, or cannot be started.
 */
export async function keepDatabase(
  holdings: Holdings,
  open: () => Promise<OpenDatabase>,
  stopping: AbortSignal,
  options: { readonly log: Log; readonly timing: SupervisionTiming },
): Promise<void> {
  const { log, timing } = options;
  let failures = 0;
  for (let database = holdings.database; database !== undefined; database = holdings.database) {
    const openedAt = performance.now();
    await Promise.race([database.exited, aborted(stopping)]);
    if (stopping.aborted) return;
    if (performance.now() - openedAt > timing.stableAfterMs) failures = 0;
    const last = database;
    await last.stop();
    for (let reason = 'it ended unexpectedly'; holdings.database === last; ) {
      failures += 1;
      if (failures > timing.startAttemptsMax) {
        throw new TrimtabError('internal', `PostgreSQL keeps ending (${reason}); see its log`);
      }
      const pauseMs = restartDelayMs(failures, timing);
      log.error({ pauseMs, reason }, 'PostgreSQL does not run; starting it again');
      await delay(pauseMs, undefined, { signal: stopping }).catch(() => {});
      if (stopping.aborted) return;
      try {
        holdings.database = await open();
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    if (holdings.database?.url === last.url) continue;
    for (const service of holdings.services) service.restart();
  }
}
