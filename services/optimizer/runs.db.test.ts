import { sql } from 'kysely';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { readRun } from '#shared/database/optimizer-run-store.ts';
import { seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createSchedule, NIGHTLY_JOB } from './schedule.ts';
import { askForRun, createCycleClock, createCycleWorker } from './testing/cycle-fixture.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const log = pino({ level: 'silent' });
const DAY_MS = 86_400_000;
const OPTIMIZERS = 5;
const clock = createCycleClock();
const { owner, optimizer: database } = await openOptimizerStore();

function schedulesOf(project: string, count: number) {
  const workers = Array.from({ length: count }, () => createCycleWorker(database, project, clock));
  return workers.map(({ work }) =>
    createSchedule({ database, log, now: clock.now, work }, { projectId: project, nightly: '0 3 * * *' }),
  );
}

const rowsOf = (project: string) =>
  owner.selectFrom('optimizerRun').selectAll().where('projectId', '=', project).orderBy('logicalTime').execute();

describe('runs', () => {
  it('are one per night, however many optimizers ring, and are worked off once', async () => {
    const project = 'nightly';
    await seedProject(owner, project, { prefixes: 'off' });
    const schedules = schedulesOf(project, OPTIMIZERS);
    const rings = await Promise.all(schedules.map((schedule) => schedule.ring('test')));
    expect(rings.filter(Boolean)).toHaveLength(1);
    const [night] = await rowsOf(project);
    expect(night).toMatchObject({ job: NIGHTLY_JOB, status: 'done', attempt: 1, fence: 1 });
    expect(night?.logicalTime.toISOString()).toMatch(/T03:00:00.000Z$/);
    // The same night is done; the next one is due when it comes.
    expect(await schedules[0]?.ring('again')).toBe(false);
    clock.moveOn(DAY_MS);
    expect(await schedules[0]?.ring('next night')).toBe(true);
    expect(await rowsOf(project)).toHaveLength(2);
    await Promise.all(schedules.map((schedule) => schedule.stop()));
  });

  it('of many missed nights are caught up by one, at the latest of them', async () => {
    const project = 'missed';
    await seedProject(owner, project, { prefixes: 'off' });
    const [before] = schedulesOf(project, 1);
    await before?.ring('before the outage');
    clock.moveOn(7 * DAY_MS);
    const schedules = schedulesOf(project, 2);
    await Promise.all(schedules.map((schedule) => schedule.ring('boot')));
    const rows = await rowsOf(project);
    expect(rows).toHaveLength(2);
    const age = clock.now() - (rows[1]?.logicalTime.getTime() ?? 0);
    expect(age).toBeLessThan(DAY_MS);
    await Promise.all([before, ...schedules].map((schedule) => schedule?.stop()));
  });

  it('happen by day as well while an alarm keeps a model out, once in a quarter of an hour', async () => {
    const project = 'recovery';
    const stable = await seedProject(owner, project, { prefixes: 'off' });
    const [schedule] = schedulesOf(project, 1);
    await schedule?.ring('boot');
    expect((await rowsOf(project)).map(({ job }) => job)).toEqual(['nightly']);
    await sql`INSERT INTO alarm (alarm_id, project_id, turn_shape, model, policy_id, status, state, demoted_at)
      VALUES (gen_random_uuid(), ${project}, '4k-single-plan', 'cheap', ${stable}, 'confirmed', '{}',
        ${new Date(clock.now() - 60_000)})`.execute(owner);
    await schedule?.ring('sweep');
    await schedule?.ring('sweep');
    expect((await rowsOf(project)).map(({ job, status }) => `${job} ${status}`)).toEqual([
      'nightly done',
      'recovery done',
    ]);
    await schedule?.stop();
  });

  it('are taken over when the lease of a dead optimizer has ended, and its late writes are refused', async () => {
    const project = 'fenced';
    await seedProject(owner, project, { prefixes: 'off' });
    const clustering = {
      async run() {
        // Meanwhile another optimizer claims the run: the fence has moved on.
        await owner.updateTable('optimizerRun').set({ fence: 99 }).where('projectId', '=', project).execute();
        return { recorded: 0, opened: 0 };
      },
    };
    const run = await askForRun(database, project, clock);
    await createCycleWorker(database, project, clock, { clustering }).work();
    const row = await readRun(database, project, run.runId);
    expect(row).toMatchObject({ status: 'running', fence: 99, checkpoint: { asOf: expect.any(String) } });
    expect(row?.checkpoint).not.toHaveProperty('clustering');
    await owner
      .updateTable('optimizerRun')
      .set({ leaseUntil: new Date(0) })
      .where('runId', '=', run.runId)
      .execute();
    expect(await createCycleWorker(database, project, clock).work()).toBe(1);
    const resumed = await readRun(database, project, run.runId);
    expect(resumed).toMatchObject({ status: 'done', fence: 100, attempt: 2 });
    expect(resumed?.summary['asOf']).toBe(row?.checkpoint['asOf']);
  });
});
