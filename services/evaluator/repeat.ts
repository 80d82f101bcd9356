/** Work that is done again and again, never twice at once. */
export interface Repetition {
  /** Ends it; resolves when what is running has finished. */
  stop(): Promise<void>;
}

/**
 * Runs `task` every `intervalMs`, counted from the end of one run to the start of the next. A run that fails is told to
 * `onError` and does not end the repetition.
 */
export function repeat(
  task: () => Promise<unknown>,
  intervalMs: number,
  onError: (error: unknown) => void,
): Repetition {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const schedule = () => {
    if (!stopped) timer = setTimeout(run, intervalMs);
  };
  const run = () => {
    running = task().then(schedule, (error: unknown) => {
      onError(error);
      schedule();
    });
  };
  schedule();
  return {
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
