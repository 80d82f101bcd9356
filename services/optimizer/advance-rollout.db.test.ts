import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { listAudit, verifyAuditChain } from '#shared/database/audit-log.ts';
import { importGovernance } from '#shared/database/governance-store.ts';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { openRollout, readRollout, readRunningRollout } from '#shared/database/rollout-store.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { AUTHOR, bodyTo, insertSessions, propose, testConfig } from '#shared/testing/optimizer-fixture.ts';
import { createRolloutState } from './rollout/rollout-state.ts';
import {
  HOUR_MS,
  OPENED_MS,
  openControllerStore,
  openTestRollout,
  rolloutSessions,
  seeded,
} from './testing/controller-fixture.ts';

const store = await openControllerStore();
const { owner: admin, optimizer } = store;

describe('a rollout', () => {
  const LATER_MS = OPENED_MS + 200 * HOUR_MS;

  it('goes on while there are few sessions', async () => {
    const { rolloutId, seed } = await openTestRollout(store, 'few');
    await insertSessions(
      admin,
      rolloutSessions('few', rolloutId, 10, () => 0.9),
    );
    const report = await store.controllerOf('few', LATER_MS).tick();
    expect(report.rollout).toEqual({ type: 'continue', rolloutId, newPairs: 10 });
    expect((await readPointer(admin, 'few'))?.stable).toBe(seed);
    const pairs = sql<{ count: number }>`SELECT count(*) FROM rollout_pair WHERE rollout_id = ${rolloutId}`;
    expect((await pairs.execute(admin)).rows[0]?.count).toBe(10);
    // A second look, as after a restart, takes nothing twice.
    expect((await store.controllerOf('few', LATER_MS).tick()).rollout).toEqual({
      type: 'continue',
      rolloutId,
      newPairs: 0,
    });
  });

  it('is rolled back when the canary does harm, which revokes it', async () => {
    const project = 'bad';
    const { rolloutId, seed, candidate } = await openTestRollout(store, project);
    const random = seeded(7);
    const quality = (variant: string) => (variant === 'canary' ? 0.3 : 0.9) * (0.8 + 0.2 * random());
    await insertSessions(admin, rolloutSessions(project, rolloutId, 60, quality));
    const report = await store.controllerOf(project, OPENED_MS + 3 * HOUR_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'ended', decision: 'rollBack' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, canary: null, revoked: [candidate] });
    expect(await readRollout(admin, project, rolloutId)).toMatchObject({
      status: 'rolled_back',
      evidence: { decision: 'rollBack', text: expect.stringMatching(/^Rolled back/) },
    });
    const [event] = await listAudit(admin, project, { limit: 1 });
    expect(event).toMatchObject({ action: 'rollout.rolled_back', actor: 'optimizer:test', subject: candidate });
    expect(await verifyAuditChain(admin, project)).toMatchObject({ valid: true });
  });

  it('is promoted on proof that the canary is no worse', async () => {
    const project = 'good';
    const { rolloutId, candidate } = await openTestRollout(store, project);
    const random = seeded(11);
    const quality = (variant: string) => (variant === 'canary' ? 0.95 : 0.8) - 0.05 * random();
    await insertSessions(admin, rolloutSessions(project, rolloutId, 120, quality));
    const report = await store.controllerOf(project, LATER_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'ended', decision: 'promote' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: candidate, canary: null, canaryShare: 0 });
    expect(await readRunningRollout(admin, project)).toBeNull();
  });

  it('does not roll back a canary that is the same as the control', async () => {
    const project = 'same';
    const { rolloutId } = await openTestRollout(store, project, { rollout: { canary: 0.05, minSessions: 500 } });
    const random = seeded(23);
    await insertSessions(
      admin,
      rolloutSessions(project, rolloutId, 400, () => (random() < 0.8 ? 0.95 : 0.2)),
    );
    const report = await store.controllerOf(project, LATER_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'continue', newPairs: 400 });
  });

  it('ends inconclusive at the most sessions, and keeps the stable policy', async () => {
    const project = 'maximum';
    const rules = { canary: 0.05, minSessions: 20, maxSessions: 40 };
    const { rolloutId, seed } = await openTestRollout(store, project, { rollout: rules });
    const random = seeded(5);
    await insertSessions(
      admin,
      rolloutSessions(project, rolloutId, 60, () => (random() < 0.7 ? 1 : 0)),
    );
    const report = await store.controllerOf(project, LATER_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'ended', decision: 'inconclusive' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, canary: null, revoked: [] });
    expect((await readRollout(admin, project, rolloutId))?.status).toBe('inconclusive');
  });

  it('waits with its promotion once governance no longer lets the optimizer act, and rolls back harm all the same', async () => {
    const project = 'power-taken';
    const { rolloutId, seed } = await openTestRollout(store, project);
    const random = seeded(11);
    const better = (variant: string) => (variant === 'canary' ? 0.95 : 0.8) - 0.05 * random();
    await insertSessions(admin, rolloutSessions(project, rolloutId, 120, better));
    await importGovernance(admin, testConfig(project, { weights: 'propose' }), AUTHOR);
    const held = await store.controllerOf(project, LATER_MS).tick();
    expect(held.rollout).toEqual({ type: 'held', rolloutId, decision: 'promote', reason: 'not_automatic' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, rolloutId });

    const harmful = 'power-taken-harm';
    const other = await openTestRollout(store, harmful);
    const worse = (variant: string) => (variant === 'canary' ? 0.1 : 0.9);
    await insertSessions(admin, rolloutSessions(harmful, other.rolloutId, 60, worse));
    await importGovernance(admin, testConfig(harmful, { weights: 'off' }), AUTHOR);
    expect((await store.controllerOf(harmful, LATER_MS).tick()).rollout).toMatchObject({
      type: 'ended',
      decision: 'rollBack',
    });
  });

  it('ends with the import that takes a model of its policies off the allow-list', async () => {
    const project = 'model-taken';
    const { rolloutId, seed } = await openTestRollout(store, project);
    const config = testConfig(project, { weights: 'automatic' });
    const models = config.models.filter((model) => model.id !== 'cheap');
    const routes = config.routes.map((route) => ({ ...route, fallbacks: [] }));
    const before = await readPointer(admin, project);
    await importGovernance(admin, { ...config, models, routes }, AUTHOR);
    expect(await readPointer(admin, project)).toMatchObject({
      ...{ stable: seed, canary: null, rolloutId: null, canaryShare: 0, epoch: before!.epoch + 1 },
    });
    expect(await readRollout(admin, project, rolloutId)).toMatchObject({
      status: 'aborted',
      closedAt: expect.any(Date),
    });
    const [event] = await listAudit(admin, project, { limit: 1, actions: ['rollout.aborted'] });
    expect(event).toMatchObject({ actor: AUTHOR, details: { rolloutId, removed: ['cheap'] } });
    expect((await store.controllerOf(project, LATER_MS).tick()).rollout).toEqual({ type: 'none' });
    expect(await verifyAuditChain(admin, project)).toMatchObject({ valid: true });
  });

  it('goes on through an import that touches none of its models', async () => {
    const project = 'model-added';
    const { rolloutId } = await openTestRollout(store, project);
    const config = testConfig(project, { weights: 'automatic', qualityBar: 0.7 });
    await importGovernance(admin, config, AUTHOR);
    expect(await readPointer(admin, project)).toMatchObject({ rolloutId, canaryShare: 0.05 });
  });

  it('takes harm out of service while the optimizer is paused, and keeps the stable policy', async () => {
    const project = 'paused-harm';
    const { rolloutId, candidate, seed } = await openTestRollout(store, project);
    const worse = (variant: string) => (variant === 'canary' ? 0.1 : 0.9);
    await insertSessions(admin, rolloutSessions(project, rolloutId, 60, worse));
    await pauseOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'look first' });
    const report = await store.controllerOf(project, LATER_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'ended', decision: 'rollBack' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, canary: null, revoked: [candidate] });
  });

  it('waits with a promotion while the optimizer is paused', async () => {
    const project = 'paused';
    const { rolloutId, candidate } = await openTestRollout(store, project);
    const random = seeded(11);
    const better = (variant: string) => (variant === 'canary' ? 0.95 : 0.8) - 0.05 * random();
    await insertSessions(admin, rolloutSessions(project, rolloutId, 120, better));
    const before = await readPointer(admin, project);
    await pauseOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'look first' });
    const held = await store.controllerOf(project, LATER_MS).tick();
    expect(held.rollout).toEqual({ type: 'held', rolloutId, decision: 'promote', reason: 'paused' });
    expect(await readPointer(admin, project)).toEqual(before);
    await resumeOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'go on' });
    expect((await store.controllerOf(project, LATER_MS).tick()).rollout).toMatchObject({ type: 'ended' });
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
  });

  it('is refused beyond the exposure limit, beside another one, and for what was rolled back', async () => {
    const project = 'limits';
    const { candidate } = await openTestRollout(store, project);
    const other = await propose(admin, project, bodyTo('cheap', 'other'));
    const settings = rolloutSettingsOf((await readGovernance(admin, project))!.body);
    const opening = {
      ...{ projectId: project, actor: 'human:test', reason: 'x', settings, initialState: createRolloutState(settings) },
    };
    const second = openRollout(optimizer, { ...opening, candidate: other, canaryShare: 0.05 });
    await expect(second).rejects.toMatchObject({ code: 'conflict' });
    await rollBack(admin, { projectId: project, actor: 'human:test', reason: 'stop' });
    const wide = openRollout(optimizer, { ...opening, candidate: other, canaryShare: 0.13 });
    await expect(wide).rejects.toMatchObject({ code: 'forbidden' });
    const again = openRollout(optimizer, { ...opening, candidate, canaryShare: 0.05 });
    await expect(again).rejects.toMatchObject({ details: { reason: 'revoked' } });
  });

  it('has the less error to spend the more came before it in the quarter, and more again for each that was right', async () => {
    const project = 'quarter';
    const { rolloutId } = await openTestRollout(store, project);
    const first = await readRollout(admin, project, rolloutId);
    expect(first?.settings).toMatchObject({ place: 1, alphaRollBack: expect.closeTo(0.00608, 5) });
    const worse = (variant: string) => (variant === 'canary' ? 0.1 : 0.9);
    await insertSessions(admin, rolloutSessions(project, rolloutId, 60, worse));
    expect((await store.controllerOf(project, LATER_MS).tick()).rollout).toMatchObject({ decision: 'rollBack' });
    await sql`UPDATE rollout SET opened_at = now() WHERE project_id = ${project}`.execute(admin);
    const settings = rolloutSettingsOf((await readGovernance(admin, project))!.body);
    const opening = {
      ...{ projectId: project, actor: 'human:test', reason: 'x', settings, initialState: createRolloutState(settings) },
      ...{ candidate: await propose(admin, project, bodyTo('cheap', 'other')), canaryShare: 0.05 },
    };
    const second = await openRollout(admin, opening);
    const quarter = 6 / (2 * Math.PI) ** 2;
    expect(second.settings).toMatchObject({
      ...{ place: 2, alphaRollBack: expect.closeTo(0.01 * quarter * 2, 6) },
      alphaPromote: expect.closeTo(0.05 * quarter, 6),
    });
    // A person's rollback is no verdict of the test.
    await rollBack(admin, { projectId: project, actor: 'human:test', reason: 'stop' });
    const third = await openRollout(admin, {
      ...opening,
      candidate: await propose(admin, project, bodyTo('cheap', 'b')),
    });
    expect(third.settings.alphaRollBack).toBeCloseTo(((0.01 * 6) / (3 * Math.PI) ** 2) * 2, 6);
    await rollBack(admin, { projectId: project, actor: 'human:test', reason: 'stop' });
    const reverse = await openRollout(admin, {
      ...{ ...opening, kind: 'reverse', candidate: await propose(admin, project, bodyTo('cheap', 'third')) },
    });
    expect(reverse.settings).toMatchObject({ place: null, alphaRollBack: 0.01 });
  });
});
