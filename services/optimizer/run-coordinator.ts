import type { RunCoordinator } from 'node-cron';
import type { Database } from '#shared/database/connect.ts';
import { requestRun } from '#shared/database/optimizer-run-store.ts';

/** How node-cron writes an instant at the end of the key that it asks with. */
const INSTANT_LENGTH = new Date(0).toISOString().length;

/**
 * Lets one of all optimizers run what node-cron rings for at an instant: the one whose INSERT makes the row of that run.
 * It keeps no lock and has nothing to give back. Whoever is elected and dies leaves a row that is pending, which the next
 * look of any other one takes up; and where the database is away nobody is elected, and the next sweep sees what is due.
 */
export function createRunCoordinator(
  deps: { readonly database: Database },
  options: { readonly projectId: string; readonly job: string },
): RunCoordinator {
  return {
    /** `key` is the task's name, a colon and the instant that was scheduled, which is the same on every replica. */
    async shouldRun(key) {
      const logicalTime = new Date(key.slice(-INSTANT_LENGTH));
      const { created } = await requestRun(deps.database, { ...options, logicalTime, trigger: 'cron' });
      return created;
    },
  };
}
