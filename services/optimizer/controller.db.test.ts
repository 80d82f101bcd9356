import { sql } from 'kysely';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { armAlarm, readAlarms } from '#shared/database/alarm-store.ts';
import { listAudit, verifyAuditChain } from '#shared/database/audit-log.ts';
import { listClusters, readCluster } from '#shared/database/cluster-store.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { importGovernance } from '#shared/database/governance-store.ts';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { activatePolicy, readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { openRollout, readRollout, readRunningRollout } from '#shared/database/rollout-store.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import {
  AUTHOR,
  bodyTo,
  insertCall,
  insertFailure,
  insertSessions,
  propose,
  type SessionFixture,
  SHAPE,
  seedProject,
  testConfig,
} from '#shared/testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { answerAlarm } from './answer-alarm.ts';
import { type Controller, createController } from './controller.ts';
import { createAlarmState } from './rollout/alarm-state.ts';
import { createRolloutState } from './rollout/rollout-state.ts';

const HOUR_MS = 3_600_000;
const OPENED_MS = Date.UTC(2026, 10, 20, 12);
const log = pino({ level: 'silent' });

let store: TestDatabase;
let admin: Database;
let optimizer: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  admin = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
  optimizer = createDatabase(createPool({ connectionString: store.connectionString, role: 'optimizer' }));
});
afterAll(async () => {
  await admin.destroy();
  await optimizer.destroy();
  await store.drop();
});

function controllerOf(projectId: string, nowMs: number): Controller {
  const deps = { database: optimizer, log, now: () => nowMs, actor: 'optimizer:test' };
  return createController(deps, { projectId, minClusterSessions: 2 });
}

/** Numbers in [0, 1) that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

async function openTestRollout(project: string, governance: Record<string, unknown> = {}) {
  const seed = await seedProject(admin, project, { weights: 'automatic', ...governance });
  const candidate = await propose(admin, project, bodyTo('cheap'), seed);
  const body = (await readGovernance(admin, project))!.body;
  const settings = rolloutSettingsOf(body);
  const rollout = await openRollout(optimizer, {
    ...{ projectId: project, actor: 'optimizer:test', reason: 'cheaper', candidate, canaryShare: 0.05, settings },
    initialState: createRolloutState(settings),
  });
  await sql`UPDATE rollout SET opened_at = ${new Date(OPENED_MS)} WHERE rollout_id = ${rollout.rolloutId}`.execute(
    admin,
  );
  return { seed, candidate, rolloutId: rollout.rolloutId };
}

function rolloutSessions(
  project: string,
  rolloutId: string,
  count: number,
  quality: (variant: 'canary' | 'control', index: number) => number,
): SessionFixture[] {
  return Array.from({ length: count * 2 }, (_, index) => {
    const variant = index % 2 === 0 ? 'canary' : 'control';
    return {
      project,
      index,
      startedAt: new Date(OPENED_MS + index * 60_000),
      quality: quality(variant, index),
      rolloutId,
      variant,
    };
  });
}

describe('clustering', () => {
  it('turns failing scores into one cluster per signature, once enough sessions met it', async () => {
    const project = 'clusters';
    await seedProject(admin, project);
    const explanation = (path: string) =>
      formatExplanation({ expectedVsActual: 'calls 2+ -> 1', detail: `the upstream sent more calls, see ${path}` });
    const now = Date.now();
    const fail = async (index: number, sessionId: string, path: string, provider = 'openai') => {
      const callId = await insertCall(admin, {
        project,
        index,
        sessionId,
        startedAt: new Date(now - 60_000 + index),
        provider,
      });
      const failure = { project, callId, scorer: 'parallel_collapsed', owner: 'gateway' };
      await insertFailure(admin, { ...failure, explanation: explanation(path) });
      return callId;
    };
    const first = await fail(1, 'a', '/tmp/run-1/trace.json');
    const controller = controllerOf(project, now);
    expect((await controller.tick()).clustering).toEqual({ recorded: 1, opened: 0 });
    expect(await listClusters(optimizer, project, { limit: 10 })).toEqual([]);

    const second = await fail(2, 'b', '/home/dev/x.json');
    const clientCall = await insertCall(admin, {
      project,
      index: 3,
      sessionId: 'c',
      startedAt: new Date(now - 50_000),
    });
    await insertFailure(admin, {
      project,
      callId: clientCall,
      scorer: 'unknown_tool',
      owner: 'client',
      explanation: 'x',
    });
    expect((await controller.tick()).clustering).toEqual({ recorded: 1, opened: 1 });
    const [cluster] = await listClusters(optimizer, project, { limit: 10 });
    expect(cluster).toMatchObject({
      title: `Parallel tool calls collapsed into one: calls 2+ -> 1 (${SHAPE})`,
      ...{ stage: 'outbound_translate', check: 'parallel_collapsed', status: 'new' },
      ...{ prefixFixable: false, eventCount: 2, sessionCount: 2 },
    });
    const detail = await readCluster(optimizer, project, cluster!.clusterId);
    expect(detail?.callIds).toEqual([second, first]);
    expect(detail?.dimensions).toEqual([expect.objectContaining({ provider: 'openai', model: 'steady', events: 2 })]);

    // Restarted, and looked at by another optimizer at the same time, nothing is counted twice.
    await fail(4, 'd', '/etc/other');
    await Promise.all([controllerOf(project, now).tick(), controllerOf(project, now).tick()]);
    const after = await listClusters(optimizer, project, { limit: 10 });
    expect(after).toHaveLength(1);
    expect(after[0]).toMatchObject({ clusterId: cluster!.clusterId, eventCount: 3, sessionCount: 3 });
  });

  it('takes a backlog larger than one batch, and never a replay', async () => {
    const project = 'backlog';
    await seedProject(admin, project);
    const now = Date.now();
    for (let index = 0; index < 230; index += 1) {
      const source = index < 220 ? 'gateway' : 'replay';
      const call = { project, index, sessionId: `s${index % 7}`, startedAt: new Date(now - 60_000 + index), source };
      const callId = await insertCall(admin, call);
      const explanation = formatExplanation({ expectedVsActual: 'json valid -> invalid', detail: `char ${index}` });
      await insertFailure(admin, { project, callId, scorer: 'args_malformed_json', owner: 'provider', explanation });
    }
    expect((await controllerOf(project, now).tick()).clustering).toEqual({ recorded: 220, opened: 1 });
    const [cluster] = await listClusters(optimizer, project, { limit: 10 });
    expect(cluster).toMatchObject({ eventCount: 220, sessionCount: 7, prefixFixable: true, stage: 'tool_use' });
  });
});

describe('a rollout', () => {
  const LATER_MS = OPENED_MS + 200 * HOUR_MS;

  it('goes on while there are few sessions', async () => {
    const { rolloutId, seed } = await openTestRollout('few');
    await insertSessions(
      admin,
      rolloutSessions('few', rolloutId, 10, () => 0.9),
    );
    const report = await controllerOf('few', LATER_MS).tick();
    expect(report.rollout).toEqual({ type: 'continue', rolloutId, newPairs: 10 });
    expect((await readPointer(admin, 'few'))?.stable).toBe(seed);
    const pairs = sql<{ count: number }>`SELECT count(*) FROM rollout_pair WHERE rollout_id = ${rolloutId}`;
    expect((await pairs.execute(admin)).rows[0]?.count).toBe(10);
    // A second look, as after a restart, takes nothing twice.
    expect((await controllerOf('few', LATER_MS).tick()).rollout).toEqual({ type: 'continue', rolloutId, newPairs: 0 });
  });

  it('is rolled back when the canary does harm, which revokes it', async () => {
    const project = 'bad';
    const { rolloutId, seed, candidate } = await openTestRollout(project);
    const random = seeded(7);
    const quality = (variant: string) => (variant === 'canary' ? 0.3 : 0.9) * (0.8 + 0.2 * random());
    await insertSessions(admin, rolloutSessions(project, rolloutId, 60, quality));
    const report = await controllerOf(project, OPENED_MS + 3 * HOUR_MS).tick();
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
    const { rolloutId, candidate } = await openTestRollout(project);
    const random = seeded(11);
    const quality = (variant: string) => (variant === 'canary' ? 0.95 : 0.8) - 0.05 * random();
    await insertSessions(admin, rolloutSessions(project, rolloutId, 120, quality));
    const report = await controllerOf(project, LATER_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'ended', decision: 'promote' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: candidate, canary: null, canaryShare: 0 });
    expect(await readRunningRollout(admin, project)).toBeNull();
  });

  it('does not roll back a canary that is the same as the control', async () => {
    const project = 'same';
    const { rolloutId } = await openTestRollout(project, { rollout: { canary: 0.05, minSessions: 500 } });
    const random = seeded(23);
    await insertSessions(
      admin,
      rolloutSessions(project, rolloutId, 400, () => (random() < 0.8 ? 0.95 : 0.2)),
    );
    const report = await controllerOf(project, LATER_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'continue', newPairs: 400 });
  });

  it('ends inconclusive at the most sessions, and keeps the stable policy', async () => {
    const project = 'maximum';
    const rules = { canary: 0.05, minSessions: 20, maxSessions: 40 };
    const { rolloutId, seed } = await openTestRollout(project, { rollout: rules });
    const random = seeded(5);
    await insertSessions(
      admin,
      rolloutSessions(project, rolloutId, 60, () => (random() < 0.7 ? 1 : 0)),
    );
    const report = await controllerOf(project, LATER_MS).tick();
    expect(report.rollout).toMatchObject({ type: 'ended', decision: 'inconclusive' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, canary: null, revoked: [] });
    expect((await readRollout(admin, project, rolloutId))?.status).toBe('inconclusive');
  });

  it('waits with its promotion once governance no longer lets the optimizer act, and rolls back harm all the same', async () => {
    const project = 'power-taken';
    const { rolloutId, seed } = await openTestRollout(project);
    const random = seeded(11);
    const better = (variant: string) => (variant === 'canary' ? 0.95 : 0.8) - 0.05 * random();
    await insertSessions(admin, rolloutSessions(project, rolloutId, 120, better));
    await importGovernance(admin, testConfig(project, { weights: 'propose' }), AUTHOR);
    const held = await controllerOf(project, LATER_MS).tick();
    expect(held.rollout).toEqual({ type: 'held', rolloutId, decision: 'promote', reason: 'not_automatic' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, rolloutId });

    const harmful = 'power-taken-harm';
    const other = await openTestRollout(harmful);
    const worse = (variant: string) => (variant === 'canary' ? 0.1 : 0.9);
    await insertSessions(admin, rolloutSessions(harmful, other.rolloutId, 60, worse));
    await importGovernance(admin, testConfig(harmful, { weights: 'off' }), AUTHOR);
    expect((await controllerOf(harmful, LATER_MS).tick()).rollout).toMatchObject({
      type: 'ended',
      decision: 'rollBack',
    });
  });

  it('ends with the import that takes a model of its policies off the allow-list', async () => {
    const project = 'model-taken';
    const { rolloutId, seed } = await openTestRollout(project);
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
    expect((await controllerOf(project, LATER_MS).tick()).rollout).toEqual({ type: 'none' });
    expect(await verifyAuditChain(admin, project)).toMatchObject({ valid: true });
  });

  it('goes on through an import that touches none of its models', async () => {
    const project = 'model-added';
    const { rolloutId } = await openTestRollout(project);
    const config = testConfig(project, { weights: 'automatic', qualityBar: 0.7 });
    await importGovernance(admin, config, AUTHOR);
    expect(await readPointer(admin, project)).toMatchObject({ rolloutId, canaryShare: 0.05 });
  });

  it('waits with its decision while the optimizer is paused', async () => {
    const project = 'paused';
    const { rolloutId, candidate } = await openTestRollout(project);
    await insertSessions(
      admin,
      rolloutSessions(project, rolloutId, 60, (variant) => (variant === 'canary' ? 0.1 : 0.9)),
    );
    const before = await readPointer(admin, project);
    await pauseOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'look first' });
    const held = await controllerOf(project, LATER_MS).tick();
    expect(held.rollout).toEqual({ type: 'held', rolloutId, decision: 'rollBack', reason: 'paused' });
    expect(await readPointer(admin, project)).toEqual(before);
    await resumeOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'go on' });
    expect((await controllerOf(project, LATER_MS).tick()).rollout).toMatchObject({
      type: 'ended',
      decision: 'rollBack',
    });
    expect((await readPointer(admin, project))?.revoked).toEqual([candidate]);
  });

  it('is refused beyond the exposure limit, beside another one, and for what was rolled back', async () => {
    const project = 'limits';
    const { candidate } = await openTestRollout(project);
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
});

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
    expect((await controllerOf(project, NOW_MS).tick()).alarms).toEqual({ watched: 1, raised: [] });
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
  });

  it('rolls back to the previous policy at once on a large drop', async () => {
    const project = 'drop';
    const { seed, candidate } = await promoted(project, [...Array(20).fill(0.93), ...Array(60).fill(0.1)]);
    const report = await controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'cheap', answer: 'rolled_back' }]);
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, revoked: [candidate] });
    const actions = (await listAudit(admin, project, { limit: 2 })).map((event) => event.action);
    expect(actions).toEqual(['policy.rolled_back', 'alarm.raised']);
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ status: 'confirmed' }]);
    // The next look finds the work done.
    expect((await controllerOf(project, NOW_MS).tick()).alarms?.raised).toEqual([]);
    // A person who puts the policy back is not overruled by what was known before.
    await activatePolicy(admin, {
      projectId: project,
      policyId: candidate,
      actor: 'human:test',
      reason: 'it is mended',
    });
    expect((await controllerOf(project, NOW_MS).tick()).alarms?.raised).toEqual([]);
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ status: 'watching' }]);
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
  });

  it('leaves nobody a proposal where its power is switched off', async () => {
    const project = 'drop-off';
    await promoted(project, Array(60).fill(0.1), { weights: 'off' });
    const report = await controllerOf(project, NOW_MS).tick();
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
    const report = await controllerOf(project, NOW_MS).tick();
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
    await controllerOf(project, NOW_MS).tick();
    const [alarm] = await readAlarms(admin, project, candidate);
    // 0.1 false alarms a month, and the expected number over all cells is at most their sessions by the threshold.
    expect(alarm?.state).toMatchObject({ settings: { threshold: (40 + 5 + 3_000) / 0.1 } });
  });

  it('hears of a session once, however often it is taken up again and scored anew', async () => {
    const project = 'reopened';
    const { candidate } = await promoted(project, [...Array(20).fill(0.93), 0]);
    const sessionsHeard = async () => {
      await controllerOf(project, NOW_MS).tick();
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
    await controllerOf(project, NOW_MS).tick();
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ evidence: { sessions: 5 } }]);
  });

  it('is recorded but not acted on while paused', async () => {
    const project = 'drop-paused';
    const { seed, candidate } = await promoted(project, Array(60).fill(0.1));
    await pauseOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'night' });
    const report = await controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toEqual([{ turnShape: SHAPE, model: 'cheap', answer: 'waiting: paused' }]);
    expect((await readPointer(admin, project))?.stable).toBe(candidate);
    expect(await readAlarms(admin, project, candidate)).toMatchObject([{ status: 'raised' }]);
    await resumeOptimizer(admin, { projectId: project, actor: 'human:test', reason: 'morning' });
    await controllerOf(project, NOW_MS).tick();
    expect((await readPointer(admin, project))?.stable).toBe(seed);
  });

  it('leaves a person a proposal without the model when nothing is automatic', async () => {
    const project = 'drop-propose';
    const { candidate } = await promoted(project, Array(60).fill(0.1), { weights: 'propose' });
    const report = await controllerOf(project, NOW_MS).tick();
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
    await controllerOf(project, NOW_MS).tick();
    expect(await listAudit(admin, project, { limit: 9, actions: ['policy.proposed'] })).toHaveLength(3);
  });

  it('tries the previous policy on a slice first after a small drop, and goes back when that confirms it', async () => {
    const project = 'small-drop';
    const { seed, candidate } = await promoted(project, Array(400).fill(0.7));
    const report = await controllerOf(project, NOW_MS).tick();
    expect(report.alarms?.raised).toMatchObject([{ answer: 'reverse_canary' }]);
    const reverse = await readRunningRollout(admin, project);
    expect(reverse).toMatchObject({ kind: 'reverse', candidate: seed, baseline: candidate });
    const arms = Array.from({ length: 400 }, (_, index): SessionFixture => {
      const variant = index % 2 === 0 ? 'canary' : 'control';
      const quality = variant === 'canary' ? 0.95 : 0.7;
      const startedAt = new Date(NOW_MS + index * 60_000);
      return { project, index: 1_000 + index, startedAt, quality, rolloutId: reverse!.rolloutId, variant };
    });
    await insertSessions(admin, arms);
    const confirmed = await controllerOf(project, NOW_MS + 10 * DAY_MS).tick();
    expect(confirmed.rollout).toMatchObject({ type: 'ended', decision: 'rollBack' });
    expect(await readPointer(admin, project)).toMatchObject({ stable: seed, canary: null, revoked: [candidate] });
  });
});
