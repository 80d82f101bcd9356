import { describe, expect, it } from 'vitest';
import { type ClaimedRun, claimRun, requestRun } from '#shared/database/optimizer-run-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { type Policy, readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { readRollout } from '#shared/database/rollout-store.ts';
import { bodyTo, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { publishDraft } from './publish-draft.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const ACTOR = 'optimizer:test';
const { owner, optimizer: database } = await openOptimizerStore();

/** A project with a run that this optimizer has claimed. */
async function claimed(projectId: string): Promise<{ readonly stable: Policy; readonly run: ClaimedRun }> {
  const seed = await seedProject(owner, projectId, { weights: 'automatic' });
  await requestRun(database, { projectId, job: 'nightly', logicalTime: new Date(0), trigger: 'test' });
  const run = await claimRun(database, { projectId, owner: 'one', leaseMs: 60_000, attemptsMax: 5 });
  const stable = await readPolicy(database, projectId, seed);
  if (run === null || stable === null) throw new Error('the run or the seed policy is missing');
  return { run, stable };
}

async function publish(stable: Policy, run: ClaimedRun, explorationOnly: boolean) {
  const governance = (await readGovernance(database, stable.projectId))?.body;
  if (governance === undefined) throw new Error('there is no governance');
  const draft = { body: bodyTo('cheap'), reason: 'cheaper', evidence: {}, explorationOnly };
  return await publishDraft({ database, actor: ACTOR }, stable, draft, { governance, mode: 'automatic', run });
}

describe('a draft of a run', () => {
  it.each([
    ['a rollout', false],
    ['what is served', true],
  ])('becomes %s while the run is held', async (_what, explorationOnly) => {
    const { stable, run } = await claimed(`held-${explorationOnly}`);
    const done = await publish(stable, run, explorationOnly);
    expect(done).toMatchObject({ heldBy: null, activated: explorationOnly });
    const pointer = await readPointer(database, stable.projectId);
    expect(explorationOnly ? pointer?.stable : pointer?.canary).toBe(done.policyId);
  });

  it('of one turn shape is judged by the sessions of that shape alone', async () => {
    const { stable, run } = await claimed('one-shape');
    const governance = (await readGovernance(database, stable.projectId))?.body;
    if (governance === undefined) throw new Error('there is no governance');
    const draft = { body: bodyTo('cheap'), reason: 'a prefix', evidence: {}, turnShape: '4k-none-plan' };
    const done = await publishDraft({ database, actor: ACTOR }, stable, draft, { governance, mode: 'automatic', run });
    const rollout = done.rolloutId === null ? null : await readRollout(database, stable.projectId, done.rolloutId);
    expect(rollout?.settings.stratum).toBe('4k-none-plan');
  });

  it.each([
    ['a rollout', false],
    ['what is served', true],
  ])('does not become %s once another optimizer has taken the run over', async (_what, explorationOnly) => {
    const { stable, run } = await claimed(`lost-${explorationOnly}`);
    const before = await readPointer(database, stable.projectId);
    const { projectId } = stable;
    await owner
      .updateTable('optimizerRun')
      .set({ leaseUntil: new Date(0) })
      .where('runId', '=', run.runId)
      .execute();
    const other = await claimRun(database, { projectId, owner: 'two', leaseMs: 60_000, attemptsMax: 5 });
    expect(other?.runId).toBe(run.runId);
    await expect(publish(stable, run, explorationOnly)).rejects.toMatchObject({ details: { reason: 'lease_lost' } });
    expect(await readPointer(database, projectId)).toEqual(before);
  });
});
