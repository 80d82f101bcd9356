import { describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { readRun } from '#shared/database/optimizer-run-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { listPolicies, readPolicy } from '#shared/database/policy-store.ts';
import { readRunningRollout } from '#shared/database/rollout-store.ts';
import { insertSessions, SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { CYCLE_STEPS } from './cycle-checkpoint.ts';
import { askForRun, createCycleClock, createCycleWorker, seedProvenProject } from './testing/cycle-fixture.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const DAY_MS = 86_400_000;
const clock = createCycleClock();
const { owner, optimizer: database } = await openOptimizerStore();

async function runOnce(project: string) {
  const run = await askForRun(database, project, clock);
  expect(await createCycleWorker(database, project, clock).work()).toBe(1);
  const done = await readRun(database, project, run.runId);
  expect(done?.status).toBe('done');
  return done!;
}

describe('a cycle', () => {
  it('moves a turn shape towards the cheaper model that is proven, and opens a rollout when that is automatic', async () => {
    const project = 'routing';
    const stable = await seedProvenProject(owner, project, clock);
    const done = await runOnce(project);
    expect(done.summary).toMatchObject({ routing: { type: 'proposed' }, prefix: { type: 'nothing', reason: 'off' } });
    const rollout = await readRunningRollout(database, project);
    const candidate = await readPolicy(database, project, rollout?.candidate ?? '');
    expect(candidate).toMatchObject({ author: 'optimizer:test', parentId: stable, state: 'approved' });
    expect(candidate).toMatchObject({ risk: 'model', riskClass: 'canary' });
    const special = candidate?.body.routes.find((route) => route.match.turnShape === SHAPE);
    expect(special?.targets.find((target) => target.model === 'cheap')?.weight).toBeGreaterThan(0);
    expect(await readPointer(database, project)).toMatchObject({
      stable,
      canary: candidate?.policyId,
      canaryShare: 0.05,
    });

    // Another cycle finds the rollout running, and says so.
    const held = await runOnce(project);
    expect(held.summary['routing']).toMatchObject({
      published: { policyId: candidate?.policyId, rolloutId: rollout?.rolloutId },
    });
  });

  it('proposes only, with a reason per turn shape, when a person has to decide', async () => {
    const project = 'propose';
    const stable = await seedProject(owner, project, { prefixes: 'off' });
    const session = { project, startedAt: new Date(clock.now() - DAY_MS), quality: 0.9, policyId: stable };
    await insertSessions(
      owner,
      [1, 2, 3].map((index) => ({ ...session, index })),
    );
    const { summary } = await runOnce(project);
    const { explanations } = summary['routing'] as { explanations: unknown[] };
    expect(explanations).toContainEqual(
      expect.objectContaining({ turnShape: SHAPE, reason: 'nothing_proven', currentModel: 'steady' }),
    );
    expect(await readPointer(database, project)).toMatchObject({ stable, canary: null, epoch: 1 });
  });

  it('switches exploration on without a rollout, which would serve both arms alike, when weights are automatic', async () => {
    const project = 'explores';
    const stable = await seedProject(owner, project, { weights: 'automatic', prefixes: 'off' });
    const { summary } = await runOnce(project);
    expect(summary['routing']).toMatchObject({ published: { activated: true, rolloutId: null, heldBy: null } });
    const pointer = await readPointer(database, project);
    expect(pointer).toMatchObject({ epoch: 2, canary: null, explorationShare: 0.03 });
    const active = await readPolicy(database, project, pointer?.stable ?? '');
    expect(active).toMatchObject({ parentId: stable, riskClass: 'automatic' });
    expect(active?.body.routes.map((route) => route.exploration.map(({ model }) => model))).toEqual([['cheap']]);
  });

  it('notes how long each step took', async () => {
    const project = 'timed';
    await seedProject(owner, project, { prefixes: 'off' });
    const { progress } = await runOnce(project);
    expect(Object.keys(progress.took).sort()).toEqual([...CYCLE_STEPS].sort());
    expect(progress).toMatchObject({ step: null, stepStartedAt: null });
  });
});

/** A database of a process that dies at its n-th statement: that one and all after it never reach the server. */
function dyingDatabase(statements: number): { readonly database: Database; readonly asked: () => number } {
  let asked = 0;
  const dying = database.withPlugin({
    transformQuery({ node }) {
      asked += 1;
      if (asked > statements) throw new Error('the process was killed');
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return { database: dying, asked: () => asked };
}

async function servedBy(project: string) {
  const pointer = await readPointer(database, project);
  const policies = await listPolicies(database, project, { limit: 10 });
  return { stable: pointer?.stable, canary: pointer?.canary, policies: policies.map(({ policyId }) => policyId) };
}

describe('a cycle that is killed', () => {
  it('comes to the same policies and one rollout, at whichever statement it dies', async () => {
    const reference = 'killed-never';
    await seedProvenProject(owner, reference, clock);
    await askForRun(database, reference, clock);
    const whole = dyingDatabase(Number.POSITIVE_INFINITY);
    await createCycleWorker(whole.database, reference, clock).work();
    const expected = await servedBy(reference);
    expect(expected.canary).not.toBeNull();
    expect(whole.asked()).toBeGreaterThan(30);

    let resumed = 0;
    for (let statement = 3; statement < whole.asked(); statement += 4) {
      const project = `killed-at-${statement}`;
      await seedProvenProject(owner, project, clock);
      const run = await askForRun(database, project, clock);
      await createCycleWorker(dyingDatabase(statement).database, project, clock)
        .work()
        .catch(() => 0);
      await owner
        .updateTable('optimizerRun')
        .set({ leaseUntil: new Date(0) })
        .where('runId', '=', run.runId)
        .execute();
      resumed += await createCycleWorker(database, project, clock).work();
      expect([statement, await readRun(database, project, run.runId)]).toMatchObject([statement, { status: 'done' }]);
      expect([statement, await servedBy(project)]).toEqual([statement, expected]);
      const rollouts = await owner.selectFrom('rollout').select('status').where('projectId', '=', project).execute();
      expect([statement, rollouts]).toEqual([statement, [{ status: 'running' }]]);
    }
    expect(resumed).toBeGreaterThan(8);
  }, 60_000);
});
