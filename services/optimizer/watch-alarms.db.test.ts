import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { armAlarm, readAlarms, readDemotions } from '#shared/database/alarm-store.ts';
import { writeDrift } from '#shared/database/anchor-store.ts';
import { listAudit } from '#shared/database/audit-log.ts';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { activatePolicy, readPointer } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { openRollout, readRollout, readRunningRollout } from '#shared/database/rollout-store.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import {
  bodyTo,
  insertSessions,
  propose,
  type SessionFixture,
  SHAPE,
  seedProject,
} from '#shared/testing/optimizer-fixture.ts';
import { answerAlarm } from './answer-alarm.ts';
import { watchSchema } from './arm-alarms.ts';
import { createAlarmState } from './rollout/alarm-state.ts';
import { createRolloutState } from './rollout/rollout-state.ts';
import { HOUR_MS, OPENED_MS, openControllerStore, seeded } from './testing/controller-fixture.ts';

const store = await openControllerStore();
const { owner: admin, optimizer } = store;

describe('an alarm', () => {
  const DAY_MS = 24 * HOUR_MS;

  /** Forty good sessions under the seed, then the candidate becomes stable and serves `after`. */
  async function promoted(project: string, after: readonly number[], governance: Record<string, unknown> = {}) {
    const seed = await seedProject(admin, project, { weights: 'automatic', ...governance });
    const candidate = await propose(admin, project, bodyTo('cheap'), seed);
    await activatePolicy(admin, { projectId: project, policyId: candidate, actor: 'human:test', reason: 'try' });
    const random = seeded(3);
    const session = (index: number, quality: number, policyId: string, model: string): SessionFixture => ({
      ...{ project, index, startedAt: new Date(OPENED_MS + index * 60_000), quality, policyId, model },
    });
    await insertSessions(admin, [
      ...Array.from({ length: 40 }, (_, index) => session(index, 0.88 + 0.1 * random(), seed, 'steady')),
      ...after.map((quality, index) => session(100 + index, quality, candidate, 'cheap')),
    ]);
    return { seed, candidate };
  }
  const NOW_MS = OPENED_MS + DAY_MS;

  it('stays quiet while quality holds', async () => {
    const project = 'quiet';
    const { candidate } = await promoted(project, Array(200).fill(0.93));
    expect((await store.controllerOf(project, NOW_MS).tick()).alarms).toEqual({ watched: 1, raised: [] });
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
  });

  it('rolls back to the previous policy at once on a large drop', async () => {
    const project = 'drop';
    const { seed, candidate } = await promoted(project, [...Array(20).fill(0.93), ...Array(60).fill(0.1)]);
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'cheap', answer: 'rolled_back' }]);
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, revoked: [candidate] });
    const actions = (await listAudit(admin, project, { limit: 2 })).map((event) => event.action);
    expect(actions).toEqual(['policy.rolled_back', 'alarm.raised']);
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ status: 'confirmed' }]);
    // The next look finds the work done.
    expect((await store.controllerOf(project, NOW_MS).tick()).alarms?.raised).toEqual([]);
    // A person who puts the policy back is not overruled by what was known before.
    await activatePolicy(admin, {
      projectId: project,
      policyId: candidate,
      actor: 'human:test',
      reason: 'it is mended',
    });
    expect((await store.controllerOf(project, NOW_MS).tick()).alarms?.raised).toEqual([]);
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ status: 'watching' }]);
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
  });

  it('leaves nobody a proposal where its power is switched off', async () => {
    const project = 'drop-off';
    await promoted(project, Array(60).fill(0.1), { weights: 'off' });
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'cheap', answer: 'none' }]);
    expect(await listAudit(admin, project, { limit: 9, actions: ['policy.proposed'] })).toHaveLength(2);
  });

  it('does not overrule a person who moves on while its answer is being written', async () => {
    const project = 'drop-raced';
    const policyId = await seedProject(admin, project, { weights: 'automatic' });
    const chosen = await propose(admin, project, bodyTo('cheap'), policyId);
    const cell = { projectId: project, turnShape: SHAPE, model: 'steady', policyId };
    const settings = { baseline: 0.9, tolerance: 0.03, threshold: 100, immediateDrop: 0.2 };
    const gone = { ...createAlarmState(settings), phase: 'demoted' };
    await armAlarm(admin, cell, { alarm: gone, settings, cursor: null, handled: null });
    const [alarm] = await readAlarms(admin, project, policyId);
    const governance = (await readGovernance(admin, project))!.body;
    const answer = await admin.transaction().execute(async (holding) => {
      // Writing a proposal takes this lock, so that the answer stops in the middle.
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`trimtab.policy.${project}`}, 0))`.execute(holding);
      const answering = answerAlarm({ database: optimizer, actor: 'optimizer:test' }, alarm!, governance);
      await vi.waitUntil(async () => {
        const waiting = await sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`.execute(admin);
        return waiting.rows.length > 0;
      });
      await activatePolicy(admin, { projectId: project, policyId: chosen, actor: 'human:test', reason: 'mine' });
      return { answering };
    });
    expect(await answer.answering).toEqual({ type: 'waiting', reason: 'epoch_moved' });
    expect((await readPointer(admin, project))?.stable).toBe(chosen);
  });

  it('does not move weights on the power over prefixes alone', async () => {
    const project = 'drop-prefixes';
    const { candidate } = await promoted(project, Array(60).fill(0.1), { weights: 'propose', prefixes: 'automatic' });
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'cheap', answer: 'proposed' }]);
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
  });

  it('asks for as much evidence as all traffic of the month demands, however little the new policy has served', async () => {
    const project = 'budget';
    const { candidate, seed } = await promoted(project, Array(5).fill(0.93));
    const elsewhere = Array.from({ length: 3_000 }, (_, index): SessionFixture => {
      const startedAt = new Date(OPENED_MS + index * 1_000);
      return { project, index: 1_000 + index, startedAt, quality: 0.9, policyId: seed, turnShape: '16k-single-edit' };
    });
    await insertSessions(admin, elsewhere);
    await store.controllerOf(project, NOW_MS).tick();
    const [alarm] = await readAlarms(admin, project, candidate);
    // 0.1 false alarms a month, and the expected number over all cells is at most their sessions by the threshold.
    expect(alarm?.state).toMatchObject({ settings: { threshold: (40 + 5 + 3_000) / 0.1 } });
  });

  it('hears of a session once, however often it is taken up again and scored anew', async () => {
    const project = 'reopened';
    const { candidate } = await promoted(project, [...Array(20).fill(0.93), 0]);
    const sessionsHeard = async () => {
      await store.controllerOf(project, NOW_MS).tick();
      const [alarm] = await readAlarms(admin, project, candidate);
      return alarm === undefined
        ? null
        : { status: alarm.status, heard: (alarm.evidence as { sessions: number }).sessions };
    };
    expect(await sessionsHeard()).toEqual({ status: 'watching', heard: 21 });
    for (let time = 1; time <= 30; time += 1) {
      await sql`UPDATE session SET quality_at = quality_at + interval '1 hour', closed_at = closed_at + interval '1 hour'
        WHERE project_id = ${project} AND session_id = 'session-120'`.execute(admin);
      expect(await sessionsHeard()).toEqual({ status: 'watching', heard: 21 });
    }
  });

  it('hears of a session that was taken up again before the alarm came to look', async () => {
    const project = 'reopened-early';
    const { candidate } = await promoted(project, Array(5).fill(0.93));
    await admin.updateTable('session').set({ closedAt: null }).where('projectId', '=', project).execute();
    await store.controllerOf(project, NOW_MS).tick();
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ evidence: { sessions: 5 } }]);
  });

  it('is recorded but not acted on while paused', async () => {
    const project = 'drop-paused';
    const { seed, candidate } = await promoted(project, Array(60).fill(0.1));
    await pauseOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'night' });
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'cheap', answer: 'waiting: paused' }]);
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ status: 'raised' }]);
    await resumeOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'morning' });
    await store.controllerOf(project, NOW_MS).tick();
    expect((await readPointer(admin, project))?.stable).toBe(seed);
  });

  it('leaves a person a proposal without the model when nothing is automatic', async () => {
    const project = 'drop-propose';
    const { candidate } = await promoted(project, Array(60).fill(0.1), { weights: 'propose' });
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'cheap', answer: 'proposed' }]);
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
    const [proposal] = await listAudit(admin, project, { limit: 1, actions: ['policy.proposed'] });
    const policy = await readPolicy(admin, project, proposal!.subject);
    expect(policy?.body.routes[0]).toMatchObject({
      id: `route-1/${SHAPE}`,
      match: { turnShape: SHAPE },
      targets: [{ model: 'steady', weight: 10_000 }],
    });
    // It proposes once.
    await store.controllerOf(project, NOW_MS).tick();
    expect(await listAudit(admin, project, { limit: 9, actions: ['policy.proposed'] })).toHaveLength(3);
  });

  it('tries the previous policy on a slice first after a small drop, and goes back when that confirms it', async () => {
    const project = 'small-drop';
    const { seed, candidate } = await promoted(project, Array(400).fill(0.7));
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toMatchObject([{ answer: 'reverse_canary' }]);
    const reverse = await readRunningRollout(admin, project);
    expect(reverse).toMatchObject({ kind: 'reverse', candidate: seed, baseline: candidate });
    await insertSessions(admin, arms(project, reverse!.rolloutId, 0.95, 0.7));
    const confirmed = await store.controllerOf(project, NOW_MS + 10 * DAY_MS).tick();
    expect(confirmed.rollout).toMatchObject({ type: 'ended', decision: 'rollBack' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, canary: null, revoked: [candidate] });
  });

  /** A policy that has long been served, whose model falls: forty good sessions, then `after`. */
  async function fallen(project: string, after: readonly number[], governance: Record<string, unknown> = {}) {
    const seed = await seedProject(admin, project, { weights: 'automatic', ...governance });
    const random = seeded(5);
    const qualities = [...Array.from({ length: 40 }, () => 0.88 + 0.1 * random()), ...after];
    await insertSessions(
      admin,
      qualities.map((quality, index): SessionFixture => {
        return { project, index, startedAt: new Date(OPENED_MS + index * 60_000), quality, policyId: seed };
      }),
    );
    return seed;
  }

  it('holds a cheaper model to what it was chosen for, and not to what a dearer one did', async () => {
    const project = 'cheaper';
    const seed = await seedProject(admin, project, { weights: 'automatic' });
    const candidate = await propose(admin, project, bodyTo('cheap'), seed);
    const random = seeded(9);
    const session = (index: number, quality: number, overrides: Partial<SessionFixture>): SessionFixture => ({
      ...{ project, index, startedAt: new Date(OPENED_MS + index * 60_000), quality, policyId: seed, ...overrides },
    });
    const quality = (mean: number) => mean - 0.05 + 0.1 * random();
    await insertSessions(admin, [
      ...Array.from({ length: 60 }, (_, index) => session(index, quality(0.94), {})),
      ...Array.from({ length: 60 }, (_, index) =>
        session(100 + index, quality(0.82), { model: 'cheap', variant: 'exploration' }),
      ),
      ...Array.from({ length: 200 }, (_, index) =>
        session(200 + index, quality(0.82), { model: 'cheap', policyId: candidate }),
      ),
    ]);
    await activatePolicy(admin, { projectId: project, policyId: candidate, actor: 'human:test', reason: 'cheaper' });
    expect((await store.controllerOf(project, NOW_MS).tick()).alarms).toEqual({ watched: 1, raised: [] });
    const [alarm] = await readAlarms(admin, project, candidate);
    const { baseline } = watchSchema.parse(alarm?.state).settings;
    expect(baseline).toBeGreaterThan(0.7);
    expect(baseline).toBeLessThan(0.82);
  });

  it('leaves a person the proposal where the limits of governance leave no room for a reverse canary', async () => {
    const project = 'no-room';
    const exposure = { exploration: 0.1, exposureMax: 0.15, rollout: { canary: 0.05 } };
    const seed = await fallen(project, Array(400).fill(0.75), exposure);
    await sql`ALTER TABLE policy_pointer DISABLE TRIGGER ALL`.execute(admin);
    await sql`UPDATE policy_pointer SET exploration_share = 0.15 WHERE project_id = ${project}`.execute(admin);
    await sql`ALTER TABLE policy_pointer ENABLE TRIGGER ALL`.execute(admin);
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toMatchObject([{ answer: 'proposed' }]);
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, canary: null });
    expect((await store.controllerOf(project, NOW_MS).tick()).alarms).toMatchObject({
      raised: [{ answer: 'proposed' }],
    });
    expect(await listAudit(admin, project, { limit: 9, actions: ['policy.proposed'] })).toHaveLength(2);
  });

  it('goes on from what it has seen when the policy changes and serves the cell as before', async () => {
    const project = 'watched-on';
    const seed = await fallen(project, Array(3).fill(0.1));
    await store.controllerOf(project, NOW_MS).tick();
    const [before] = await readAlarms(admin, project, seed);
    expect(before).toMatchObject({ status: 'watching', evidence: { sessions: 13 } });
    const next = await propose(admin, project, { ...bodyTo('steady', 'renamed') }, seed);
    await activatePolicy(admin, { projectId: project, policyId: next, actor: 'human:test', reason: 'tidy' });
    const bad = Array.from({ length: 2 }, (_, index): SessionFixture => {
      const startedAt = new Date(OPENED_MS + (200 + index) * 60_000);
      return { project, index: 200 + index, startedAt, quality: 0.1, policyId: next };
    });
    await insertSessions(admin, bad);
    await store.controllerOf(project, NOW_MS).tick();
    const [after] = await readAlarms(admin, project, next);
    expect(after).toMatchObject({ status: 'watching', evidence: { sessions: 15 } });
    expect(watchSchema.parse(after?.state).settings).toEqual(watchSchema.parse(before?.state).settings);
    const statistic = (alarm: typeof after) => (alarm!.evidence as { statistic: number }).statistic;
    expect(statistic(after)).toBeGreaterThan(3 * statistic(before));
  });

  it('goes off again under a policy that changes nothing in the cell, when nobody had answered it', async () => {
    const project = 'unanswered';
    const seed = await fallen(project, Array(60).fill(0.1), { weights: 'propose' });
    expect((await store.controllerOf(project, NOW_MS).tick()).alarms?.raised).toMatchObject([{ answer: 'proposed' }]);
    const next = await propose(admin, project, bodyTo('steady', 'renamed'), seed);
    await activatePolicy(admin, { projectId: project, policyId: next, actor: 'human:test', reason: 'tidy' });
    const startedAt = new Date(OPENED_MS + 300 * 60_000);
    await insertSessions(admin, [{ project, index: 300, startedAt, quality: 0.1, policyId: next }]);
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toMatchObject([{ turnShape: SHAPE, model: 'steady' }]);
    expect(await readAlarms(admin, project, seed)).toMatchObject([{ status: 'cleared' }]);
    expect(await readAlarms(admin, project, next)).toMatchObject([{ status: 'raised' }]);
  });

  it('takes a model that falls by itself out of the shape at once, with the canary that was compared with it', async () => {
    const project = 'model-falls';
    const seed = await fallen(project, Array(60).fill(0.1));
    const settings = rolloutSettingsOf((await readGovernance(admin, project))!.body);
    const canary = await openRollout(optimizer, {
      ...{ projectId: project, actor: 'optimizer:test', reason: 'cheaper', canaryShare: 0.05, settings },
      ...{
        candidate: await propose(admin, project, bodyTo('cheap'), seed),
        initialState: createRolloutState(settings),
      },
    });
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'steady', answer: 'demoted' }]);
    expect((await readRollout(admin, project, canary.rolloutId))?.status).toBe('aborted');
    const pointer = await readPointer(admin, project);
    expect(pointer).toMatchObject({ canary: null, revoked: [] });
    const served = await readPolicy(admin, project, pointer!.stable);
    expect(served).toMatchObject({ parentId: seed });
    expect(served?.body.routes[0]).toMatchObject({ match: { turnShape: SHAPE }, targets: [{ model: 'cheap' }] });
    expect(await readDemotions(admin, project, EVER)).toMatchObject([{ turnShape: SHAPE, model: 'steady' }]);
    expect((await store.controllerOf(project, NOW_MS).tick()).alarms?.raised).toEqual([]);
    const told = await admin.selectFrom('webhookEvent').select('type').where('projectId', '=', project).execute();
    expect(told).toEqual([{ type: 'alarm.raised' }]);
  });

  it('tries the policy without the model on a slice after a small drop, and moves to it once that does better', async () => {
    const project = 'model-falls-a-little';
    const seed = await fallen(project, Array(400).fill(0.75));
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toMatchObject([{ answer: 'reverse_canary' }]);
    const reverse = await readRunningRollout(admin, project);
    expect(reverse).toMatchObject({ kind: 'reverse', baseline: seed });
    await insertSessions(admin, arms(project, reverse!.rolloutId, 0.95, 0.75));
    const confirmed = await store.controllerOf(project, NOW_MS + 10 * DAY_MS).tick();
    expect(confirmed.rollout).toMatchObject({ type: 'ended', decision: 'rollBack' });
    // It was good for every other shape, and stays one that can be gone back to.
    expect(await readPointer(admin, project)).toMatchObject({ stable: reverse!.candidate, revoked: [] });
    expect(await readAlarms(admin, project, seed)).toMatchObject([{ status: 'confirmed' }]);
    expect(await readDemotions(admin, project, EVER)).toHaveLength(1);
  });

  it('starts over from what is held now when both arms of the reverse canary do alike: the judge has changed', async () => {
    const project = 'stricter-judge';
    const seed = await fallen(project, Array(400).fill(0.75));
    await store.controllerOf(project, NOW_MS).tick();
    const reverse = await readRunningRollout(admin, project);
    const alike = arms(project, reverse!.rolloutId, 0.75, 0.75, seed);
    await insertSessions(admin, alike);
    await store.controllerOf(project, NOW_MS + 30 * DAY_MS).tick();
    expect(await readRunningRollout(admin, project)).toBeNull();
    await store.controllerOf(project, NOW_MS + 30 * DAY_MS).tick();
    const [alarm] = await readAlarms(admin, project, seed);
    expect(alarm?.status).toBe('watching');
    const { settings } = watchSchema.parse(alarm?.state);
    expect(settings.baseline).toBeLessThan(0.75);
    expect(settings.baseline).toBeGreaterThan(0.65);
    expect(await readDemotions(admin, project, EVER)).toEqual([]);
    const told = await admin.selectFrom('webhookEvent').select('type').where('projectId', '=', project).execute();
    expect(told.map(({ type }) => type).sort()).toEqual(['alarm.cleared', 'alarm.raised', 'rollout.inconclusive']);
  });

  it('asks a reverse canary even about a large drop while the anchors of a judge have moved', async () => {
    const project = 'judge-drifts';
    const { seed, candidate } = await promoted(project, [...Array(20).fill(0.93), ...Array(20).fill(0.93)]);
    await store.controllerOf(project, NOW_MS).tick();
    const version = { rubric: 'task', rubricVersion: '1', judge: 'judge-1' };
    const night = { night: '2026-11-24', anchors: 20, disagreed: 12, flipped: 12, compared: 20, level: 1.2 };
    const state = { evidence: [1], nights: 3 };
    await writeDrift(admin, project, version, { ...night, state, alarmAt: new Date(Date.now() + DAY_MS) });
    await insertSessions(
      admin,
      Array.from({ length: 60 }, (_, index): SessionFixture => {
        const startedAt = new Date(OPENED_MS + (300 + index) * 60_000);
        return { project, index: 300 + index, startedAt, quality: 0.1, policyId: candidate, model: 'cheap' };
      }),
    );
    const report = await store.controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toMatchObject([{ answer: 'reverse_canary' }]);
    expect(await readRunningRollout(admin, project)).toMatchObject({ kind: 'reverse', candidate: seed });
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
  });
});

const EVER = { since: new Date(0), asOf: new Date(Date.now() + 3_650 * 24 * HOUR_MS) };

/** Four hundred sessions after the alarm, half of them in either arm of a reverse canary. */
function arms(project: string, rolloutId: string, canary: number, control: number, policyId: string | null = null) {
  return Array.from({ length: 400 }, (_, index): SessionFixture => {
    const variant = index % 2 === 0 ? 'canary' : 'control';
    const startedAt = new Date(OPENED_MS + 24 * HOUR_MS + index * 60_000);
    const quality = variant === 'canary' ? canary : control;
    return { project, index: 1_000 + index, startedAt, quality, rolloutId, variant, policyId };
  });
}
