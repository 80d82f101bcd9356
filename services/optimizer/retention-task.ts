import type { Database } from '#shared/database/connect.ts';
import { expireWeeks, type Retention } from '#shared/database/retention/expire-weeks.ts';
import type { Log } from '#shared/log.ts';

export interface RetentionTask {
  start(): void;
  /** Waits for a run that is on its way. */
  stop(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;

/** Drops what is kept no longer, at the start and every day. Of several optimizers each may do it: a week goes once. */
export function createRetentionTask(
  deps: { readonly database: Database; readonly now: () => number; readonly log: Log },
  options: { readonly projectId: string; readonly retention: Retention },
): RetentionTask {
  const { database, log } = deps;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const run = async (): Promise<void> => {
    try {
      const weeks = await expireWeeks(database, options.projectId, options.retention, deps.now());
      for (const { week, what, outcome } of weeks) {
        if (outcome === 'dropped') log.info({ week, what }, 'a week is kept no longer');
        if (outcome === 'unscored') log.warn({ week, what }, 'a week is kept until all of its calls are scored');
      }
    } catch (error) {
      log.warn({ error }, 'what is kept no longer could not be dropped; it is tried again tomorrow');
    }
  };
  const next = (): void => {
    running = running.then(run);
  };
  return {
    start() {
      next();
      timer = setInterval(next, DAY_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
