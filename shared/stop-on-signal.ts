import type { Log } from './log.ts';
import { watchParent } from './parent-watch.ts';

export interface StopOnSignalOptions {
  /** As it is named in the log: "the gateway". */
  readonly what: string;
  /** After so long the process ends whatever still runs, milliseconds. */
  readonly deadlineMs: number;
}

/**
 * Ends the process in order on SIGTERM and SIGINT, or when the process that started it is gone: `stop` runs once, then
 * the process exits, with 1 when it failed or took too long.
 */
export function stopOnSignal(log: Pick<Log, 'error'>, stop: () => Promise<void>, options: StopOnSignalOptions): void {
  let stopped: Promise<void> | undefined;
  const stopOnce = (): Promise<void> => {
    stopped ??= stop();
    return stopped;
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(1), options.deadlineMs).unref();
      stopOnce().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, `${options.what} did not stop cleanly`);
          process.exit(1);
        },
      );
    });
  }
  watchParent(stopOnce);
}
