import cron, { type Logger } from 'node-cron';
import { readDemotions } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { lastDoneLogicalTime, requestRun } from '#shared/database/optimizer-run-store.ts';
import type { Log } from '#shared/log.ts';
import { latestDue } from './latest-due.ts';
import { createRunCoordinator } from './run-coordinator.ts';

export interface ScheduleDeps {
  readonly database: Database;
  readonly log: Log;
  readonly now: () => number;
  /** Called after each ring, to work off what is due. */
  readonly work: () => Promise<unknown>;
  /** Small chores of every ring; a ring does not fail with them. */
  readonly chores?: () => Promise<unknown>;
}

export interface ScheduleOptions {
  readonly projectId: string;
  /** Cron pattern in UTC. */
  readonly nightly: string;
}

export interface Schedule {
  /** Rings at once, every five minutes and at the pattern. */
  start(): Promise<void>;
  /** One ring: asks for the run that is due, if one is, and has it worked off. True when a run was asked for. */
  ring(trigger: string): Promise<boolean>;
  stop(): Promise<void>;
  nextNightly(): Date | null;
}

export const NIGHTLY_JOB = 'nightly';
/** A cycle by day, while a model that an alarm took out may have recovered. */
export const RECOVERY_JOB = 'recovery';
export const MANUAL_JOB = 'manual';
/** Missed nights are caught up by one run, and only while the last of them is younger than this. */
const CATCH_UP_MAX_MS = 36 * 3_600_000;
const RECOVERY_EVERY_MS = 15 * 60_000;
/** A model that has not come back in a week is left to the nights. */
const RECOVERY_FOR_MS = 7 * 86_400_000;
const EVERY_FIVE_MINUTES = '*/5 * * * *';

/**
 * node-cron rings the bell; the row decides. At the pattern the optimizer whose row it is rings, and the others skip. It
 * has no memory of its own, so each ring computes the latest instant that was due since the last success, and the unique
 * key of the row makes one run of it however many optimizers ring.
 */
export function createSchedule(deps: ScheduleDeps, options: ScheduleOptions): Schedule {
  const { projectId, nightly } = options;
  const ring = async (trigger: string): Promise<boolean> => {
    const lastDone = await lastDoneLogicalTime(deps.database, projectId, NIGHTLY_JOB);
    const due = latestDue(nightly, deps.now(), CATCH_UP_MAX_MS);
    let created = false;
    if (due !== null && (lastDone === null || lastDone < due)) {
      const request = { projectId, job: NIGHTLY_JOB, logicalTime: due, trigger };
      created = (await requestRun(deps.database, request)).created;
    }
    await askForRecovery(deps, projectId);
    await deps.work();
    await deps.chores?.().catch((error: unknown) => deps.log.error({ error, trigger }, 'the chores failed'));
    return created;
  };
  const quietly = (trigger: string) => async () => {
    await ring(trigger).catch((error: unknown) => deps.log.error({ error, trigger }, 'the schedule could not ring'));
  };
  const taskOptions = { timezone: 'UTC', noOverlap: true, suppressMissedWarning: true, logger: loggerOf(deps.log) };
  const night = cron.createTask(nightly, quietly('nightly'), {
    ...{ ...taskOptions, name: `${projectId}-nightly`, distributed: true },
    runCoordinator: createRunCoordinator(deps, { projectId, job: NIGHTLY_JOB }),
  });
  night.on('execution:skipped', ({ reason, date }) => {
    if (reason === 'not-elected') return;
    deps.log.warn({ reason, date }, 'nobody could be elected for the run of the night; the next sweep asks for it');
  });
  const sweep = cron.createTask(EVERY_FIVE_MINUTES, quietly('sweep'), { ...taskOptions, name: `${projectId}-sweep` });
  const tasks = [night, sweep];
  return {
    async start() {
      for (const task of tasks) await task.start();
      await quietly('boot')();
    },
    ring,
    async stop() {
      for (const task of tasks) await task.destroy();
    },
    nextNightly: () => night.getNextRun(),
  };
}

/** node-cron writes to the console by itself. */
function loggerOf(log: Log): Logger {
  const text = (message: string | Error) => (message instanceof Error ? message.message : message);
  return {
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    error: (message, error) => log.error({ error: error ?? message }, text(message)),
    debug: (message) => log.debug(text(message)),
  };
}

/**
 * While an alarm keeps a model out, routing is looked at by day as well: what has recovered comes back step by step, and
 * a step a night would take a week.
 */
async function askForRecovery({ database, now }: ScheduleDeps, projectId: string): Promise<void> {
  const asOf = new Date(now());
  const demotions = await readDemotions(database, projectId, { since: new Date(now() - RECOVERY_FOR_MS), asOf });
  if (demotions.length === 0) return;
  const logicalTime = new Date(Math.floor(now() / RECOVERY_EVERY_MS) * RECOVERY_EVERY_MS);
  await requestRun(database, { projectId, job: RECOVERY_JOB, logicalTime, trigger: 'demotion' });
}
