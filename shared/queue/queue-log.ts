/** What the queue door says to a log; a pino logger is one. */
export interface QueueLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/**
 * A warning that is written once per interval, with the number of those left out: a store that is down reports the same
 * error many times a second.
 */
export function createThrottledWarning(
  log: QueueLog,
  options: { readonly intervalMs: number; readonly now: () => number },
): (details: object, message: string) => void {
  let nextAt = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  return (details, message) => {
    const now = options.now();
    if (now < nextAt) {
      suppressed += 1;
      return;
    }
    log.warn(suppressed === 0 ? details : { ...details, suppressed }, message);
    nextAt = now + options.intervalMs;
    suppressed = 0;
  };
}
