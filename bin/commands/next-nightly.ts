import cron from 'node-cron';

/** When a cron pattern (UTC) is due next; null for a pattern that never is. */
export async function nextNightly(pattern: string): Promise<Date | null> {
  const task = cron.createTask(pattern, () => {}, { timezone: 'UTC' });
  try {
    // Only a started task knows; it is destroyed before it can run.
    await task.start();
    return task.getNextRun();
  } finally {
    await task.destroy();
  }
}
