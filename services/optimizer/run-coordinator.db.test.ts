import cron from 'node-cron';
import pino from 'pino';
import { describe, expect, it, vi } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createRunCoordinator } from './run-coordinator.ts';
import { createSchedule, NIGHTLY_JOB } from './schedule.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const REPLICAS = 4;
const EVERY_SECOND = '* * * * * *';
const SLOTS = 3;
const SOON = { timeout: 30_000, interval: 20 };
const { owner, connect } = await openOptimizerStore();
const replicas = Array.from({ length: REPLICAS }, () => connect('optimizer'));

const rowsOf = (projectId: string) =>
  owner
    .selectFrom('optimizerRun')
    .select(['logicalTime', 'trigger', 'status'])
    .where('projectId', '=', projectId)
    .orderBy('logicalTime')
    .execute();

/** A database that is away as long as it is told so. */
function leavingDatabase(database: Database) {
  let isAway = false;
  const leaving = database.withPlugin({
    transformQuery({ node }) {
      if (isAway) throw new Error('the database is away');
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return {
    database: leaving,
    setAway(away: boolean) {
      isAway = away;
    },
  };
}

describe('the coordinator of node-cron', () => {
  it('lets one replica run at each instant, whose row it made, and no other', async () => {
    const projectId = 'elected';
    await seedProject(owner, projectId);
    const elected: string[] = [];
    const skipped = new Map<string, number>();
    const tasks = replicas.map((database) => {
      const task = cron.createTask(EVERY_SECOND, ({ date }) => void elected.push(date.toISOString()), {
        ...{ timezone: 'UTC', name: 'nightly', distributed: true, suppressMissedWarning: true },
        runCoordinator: createRunCoordinator({ database }, { projectId, job: NIGHTLY_JOB }),
      });
      task.on('execution:skipped', ({ date, reason }) => {
        expect(reason).toBe('not-elected');
        skipped.set(date.toISOString(), (skipped.get(date.toISOString()) ?? 0) + 1);
      });
      return task;
    });
    for (const task of tasks) await task.start();
    const allHeard = () => [...skipped.values()].filter((count) => count === REPLICAS - 1).length;
    await vi.waitFor(() => expect(allHeard()).toBeGreaterThanOrEqual(SLOTS), SOON);
    for (const task of tasks) await task.destroy();
    expect(new Set(elected).size).toBe(elected.length);
    const rows = await rowsOf(projectId);
    const instants = rows.map(({ logicalTime }) => logicalTime.toISOString());
    expect(instants).toEqual(expect.arrayContaining(elected));
    expect(rows.every(({ trigger, status }) => trigger === 'cron' && status === 'pending')).toBe(true);
  });

  it('loses no night while the database is away: nobody is elected, and the next sweep asks for it', async () => {
    const projectId = 'away';
    await seedProject(owner, projectId);
    const [database = owner] = replicas;
    const leaving = leavingDatabase(database);
    leaving.setAway(true);
    const warnings: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
    let worked = 0;
    const work = async () => {
      worked += 1;
    };
    const deps = { database: leaving.database, log, now: Date.now, work };
    const schedule = createSchedule(deps, { projectId, nightly: EVERY_SECOND });
    await schedule.start();
    const isSkipped = () => warnings.some((line) => line.includes('coordinator-error'));
    await vi.waitFor(() => expect(isSkipped()).toBe(true), SOON);
    expect(worked).toBe(0);
    expect(await rowsOf(projectId)).toEqual([]);
    leaving.setAway(false);
    expect(await schedule.ring('sweep')).toBe(true);
    await schedule.stop();
    expect(worked).toBeGreaterThan(0);
    expect((await rowsOf(projectId)).map(({ trigger }) => trigger)).toContain('sweep');
  });
});
