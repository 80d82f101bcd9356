import type { Log } from '#shared/log.ts';

/** Logs the begin and the end of an outage, and not every one of its tries. */
export interface OutageLog {
  failed(error: unknown): void;
  worked(): void;
}

/** @param what what cannot be done during the outage, as "keys cannot be read; those known stay in force" */
export function createOutageLog(log: Log, what: string): OutageLog {
  let reason: string | null = null;
  return {
    failed(error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === reason) return;
      reason = message;
      log.warn({ reason }, what);
    },
    worked() {
      if (reason !== null) log.info(`over: ${what}`);
      reason = null;
    },
  };
}
