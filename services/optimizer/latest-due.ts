import cron from 'node-cron';

const MINUTE_MS = 60_000;

/**
 * The latest instant at or before now that a cron pattern (UTC, to the minute) names, or null when there is none within
 * `maxAgeMs`. Missed instants before it are not made up for one by one.
 */
export function latestDue(pattern: string, nowMs: number, maxAgeMs: number): Date | null {
  const task = cron.createTask(pattern, () => {}, { timezone: 'UTC' });
  try {
    const thisMinute = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
    for (let minute = thisMinute; minute > nowMs - maxAgeMs; minute -= MINUTE_MS) {
      const instant = new Date(minute);
      if (task.match(instant)) return instant;
    }
    return null;
  } finally {
    void task.destroy();
  }
}
