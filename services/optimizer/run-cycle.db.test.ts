import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallStore } from '#shared/database/call-store.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { type OptimizerRun, readRun, requestRun } from '#shared/database/optimizer-run-store.ts';
import { readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { findPolicy, readPolicy, readPrefix } from '#shared/database/policy-store.ts';
import { finishReplay, readReplay } from '#shared/database/replay-store.ts';
import { readRunningRollout } from '#shared/database/rollout-store.ts';
import { recordScoring } from '#shared/database/score-store.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import type { Llm, StructuredRequest } from '#shared/llm/llm.ts';
import { insertFailure, insertSessions, SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createFailureClustering } from './cluster-failures.ts';
import { type RunCycleDeps, runCycle } from './run-cycle.ts';
import { createRunWorker } from './run-worker.ts';
import { createSchedule, NIGHTLY_JOB } from './schedule.ts';

const log = pino({ level: 'silent' });
const DAY_MS = 86_400_000;
const SECRET_OF_TRAFFIC = 'the quarterly figures of the northern branch are kept in the blue cabinet';
const PREFIX = 'Put every tool call into a block of its own, with one JSON object of arguments.';

let store: TestDatabase;
let owner: Database;
let database: Database;
let nowMs = Date.now();

beforeAll(async () => {
  store = await createTestDatabase();
  owner = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
  database = createDatabase(createPool({ connectionString: store.connectionString, role: 'optimizer' }));
});
afterAll(async () => {
  await owner.destroy();
  await database.destroy();
  await store.drop();
});

/** A teacher that answers from a list, and remembers what it was told. */
function teacherOf(...answers: readonly string[]): Llm & { readonly asked: StructuredRequest[] } {
  const asked: StructuredRequest[] = [];
  return {
    ...{ model: 'teacher-1', provider: 'openai', asked },
    estimateCostUsd: () => 0.01,
    async completeStructured(request) {
      const prefix = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(request);
      const usage = { inputTokens: 100, cacheReadInputTokens: 0, outputTokens: 50 };
      return { ok: true, value: { prefix }, text: '', usage, costUsd: 0.01, model: 'teacher-1' };
    },
  };
}

interface Setup {
  readonly project: string;
  readonly teacher: Llm | null;
  readonly jobs: string[];
  readonly work: () => Promise<number>;
  readonly ask: () => Promise<OptimizerRun>;
}

function setup(project: string, teacher: Llm | null, change: Partial<RunCycleDeps> = {}): Setup {
  const jobs: string[] = [];
  const deps: RunCycleDeps = {
    ...{ database, teacher, now: () => nowMs, actor: 'optimizer:test' },
    replays: { addBulk: async (batch) => void jobs.push(...batch.map((job) => job.id)) },
    clustering: createFailureClustering({ database, now: () => nowMs }, { projectId: project, minClusterSessions: 2 }),
    ...change,
  };
  const options = { minClusterSessions: 2, replayCalls: 16, promptBudgetUsd: 5 };
  const worker = createRunWorker(
    { database, log, owner: `test-${randomBytes(4).toString('hex')}`, cycle: (run) => runCycle(deps, run, options) },
    { projectId: project },
  );
  const ask = async () => {
    moveOn();
    return (
      await requestRun(database, { projectId: project, job: 'manual', logicalTime: new Date(nowMs), trigger: 'test' })
    ).run;
  };
  return { project, teacher, jobs, work: worker.work, ask };
}

/** Stored calls of which some failed, with content that must not leak, scored as the evaluator would. */
async function storeTraffic(project: string, failing: number, passing: number): Promise<void> {
  const calls = createCallStore(owner);
  for (let index = 0; index < failing + passing; index += 1) {
    const startedAt = nowMs - 3_600_000 + index * 1_000;
    const callId = uuidV7(startedAt, randomBytes(10));
    const attempts = [
      { provider: 'openai', model: 'steady', startedAtMs: startedAt, durationMs: 1, outcome: 'ok' as const },
    ];
    const record = sampleCallRecord({
      call: {
        callId,
        startedAt,
        projectId: project,
        sessionId: `s${index}`,
        turnShape: SHAPE,
        responseModel: 'steady',
        attempts,
      },
    });
    const request = { ...record.request, messages: [{ role: 'user', content: `${SECRET_OF_TRAFFIC} ${index}` }] };
    await calls.store([{ ...record, request }]);
    const run = { projectId: project, callId, scorerSet: 'deterministic-1', pass: 'call' as const };
    await recordScoring(owner, { ...run, passed: Buffer.of(0), notApplicable: Buffer.of(0), final: true }, []);
    if (index >= failing) continue;
    const explanation = formatExplanation({
      expectedVsActual: 'arguments json -> concatenated objects',
      detail: 'several in one',
    });
    await insertFailure(owner, { project, callId, scorer: 'parallel_collapsed', owner: 'provider', explanation });
  }
}

/** The optimizer's clock never runs behind the database's. */
function moveOn(): void {
  nowMs = Math.max(nowMs, Date.now()) + 1_000;
}

/** Answers all outstanding replays: the seed fails where the call failed, the candidate by the rule given. */
async function answerReplays(project: string, jobs: readonly string[], candidateWorks: boolean): Promise<void> {
  for (const replayId of new Set(jobs)) {
    const replay = (await readReplay(owner, project, replayId))!;
    const failed = await owner
      .selectFrom('failureEvent')
      .select('callId')
      .where('callId', '=', replay.callId)
      .execute();
    const works = replay.prefixId === null ? failed.length === 0 : candidateWorks;
    const failure = { scorer: 'parallel_collapsed', owner: 'provider', severity: 'fatal', expectedVsActual: 'x' };
    await finishReplay(owner, {
      ...{ projectId: project, replayId, costUsd: 0.001, finishedAt: new Date(nowMs) },
      result: {
        ...{ toolUse: works ? 1 : 0.5, fidelity: 1, outcomes: {}, failures: works ? [] : [failure] },
        ...{ stopReason: 'tool_use', durationMs: 1, inputTokens: 1, outputTokens: 1, error: null },
      },
    });
  }
}

async function makeParkedDue(): Promise<void> {
  await owner
    .updateTable('optimizerRun')
    .set({ leaseUntil: new Date(0) })
    .where('status', '=', 'pending')
    .execute();
}

describe('a cycle', () => {
  it('moves a turn shape towards the cheaper model that is proven, and opens a rollout when that is automatic', async () => {
    const project = 'routing';
    const stable = await seedProject(owner, project, { weights: 'automatic', weightStepMax: 1 });
    const startedAt = (index: number) => new Date(nowMs - 2 * DAY_MS + index * 1_000);
    await insertSessions(
      owner,
      Array.from({ length: 400 }, (_, index) => ({
        ...{ project, index, startedAt: startedAt(index), quality: 0.97, policyId: stable },
        model: index % 2 === 0 ? 'steady' : 'cheap',
      })),
    );
    const { work, ask } = setup(project, null);
    // Tokens make cost, and sessions alone have none.
    for (const index of [0, 1]) {
      const callId = uuidV7(startedAt(index).getTime() + 5, randomBytes(10));
      const call = {
        callId,
        startedAt: startedAt(index).getTime() + 5,
        projectId: project,
        sessionId: `session-${index}`,
        turnShape: SHAPE,
      };
      await createCallStore(owner).store([sampleCallRecord({ call })]);
    }
    await owner
      .updateTable('session')
      .set({ closedAt: new Date(nowMs) })
      .where('projectId', '=', project)
      .execute();
    const run = await ask();
    expect(await work()).toBe(1);
    const done = await readRun(database, project, run.runId);
    expect(done).toMatchObject({
      status: 'done',
      summary: { routing: { type: 'proposed' }, prefix: { type: 'nothing', reason: 'no_fixable_cluster' } },
    });
    const rollout = await readRunningRollout(database, project);
    const candidate = await readPolicy(database, project, rollout?.candidate ?? '');
    expect(candidate).toMatchObject({ author: 'optimizer:test', parentId: stable, state: 'approved' });
    expect(candidate?.body.routes[0]).toMatchObject({
      match: { turnShape: SHAPE },
      targets: [{ model: 'cheap', weight: 10_000 }],
    });
    expect(await readPointer(database, project)).toMatchObject({
      stable,
      canary: candidate?.policyId,
      canaryShare: 0.05,
    });

    // Another cycle finds the rollout running, and says so.
    const second = await ask();
    await work();
    const held = await readRun(database, project, second.runId);
    expect(held?.summary['routing']).toMatchObject({
      published: { policyId: candidate?.policyId, rolloutId: rollout?.rolloutId },
    });
  });

  it('proposes only, with a reason per turn shape, when a person has to decide', async () => {
    const project = 'propose';
    const stable = await seedProject(owner, project);
    const session = { project, startedAt: new Date(nowMs - DAY_MS), quality: 0.9, policyId: stable };
    await insertSessions(
      owner,
      [1, 2, 3].map((index) => ({ ...session, index })),
    );
    const { work, ask } = setup(project, null);
    const run = await ask();
    await work();
    const routing = (await readRun(database, project, run.runId))?.summary['routing'] as { explanations: unknown[] };
    expect(routing.explanations).toContainEqual(
      expect.objectContaining({ turnShape: SHAPE, reason: 'nothing_proven', currentModel: 'steady' }),
    );
    expect(await readPointer(database, project)).toMatchObject({ stable, canary: null, epoch: 1 });
  });
});

describe('exploration', () => {
  it('is switched on without a rollout, which would serve both arms alike, when weights are automatic', async () => {
    const project = 'explores';
    const stable = await seedProject(owner, project, { weights: 'automatic' });
    const { work, ask } = setup(project, null);
    const run = await ask();
    await work();
    const routing = (await readRun(database, project, run.runId))?.summary['routing'];
    expect(routing).toMatchObject({ published: { activated: true, rolloutId: null, heldBy: null } });
    const pointer = await readPointer(database, project);
    expect(pointer).toMatchObject({ epoch: 2, canary: null, explorationShare: 0.03 });
    const active = await readPolicy(database, project, pointer?.stable ?? '');
    expect(active?.parentId).toBe(stable);
    expect(active?.body.routes.map((route) => [route.targets, route.exploration])).toEqual([
      [[{ model: 'steady', weight: 10_000 }], [{ model: 'cheap', share: 300 }]],
    ]);
  });
});

describe('a prefix search', () => {
  it('waits for the replays of one candidate and rolls it out when they prove it better', async () => {
    const project = 'prefix';
    const stable = await seedProject(owner, project, { prefixes: 'automatic', weights: 'off' });
    await storeTraffic(project, 12, 12);
    const teacher = teacherOf(PREFIX);
    const { work, ask, jobs } = setup(project, teacher);
    const run = await ask();
    expect(await work()).toBe(1);
    const waiting = await readRun(database, project, run.runId);
    expect(waiting).toMatchObject({ status: 'pending', summary: { prefix: { type: 'waiting', pending: 32 } } });
    expect(new Set(jobs).size).toBe(32);
    // The teacher saw facts in our own words, and nothing of what users wrote.
    const told = teacher.asked.map((request) => request.system + request.user).join('\n');
    expect(told).toContain('parallel_collapsed');
    for (const word of ['quarterly', 'cabinet', 'northern']) expect(told).not.toContain(word);

    await answerReplays(project, jobs, true);
    // As after a restart: another worker takes the run up.
    await makeParkedDue();
    expect(await setup(project, teacher).work()).toBe(1);
    expect(teacher.asked).toHaveLength(1);
    const done = await readRun(database, project, run.runId);
    expect(done).toMatchObject({
      status: 'done',
      summary: { prefix: { type: 'proposed', verdict: { accepted: true, reason: 'improved', pairs: 16 } } },
    });
    const rollout = await readRunningRollout(database, project);
    const candidate = await readPolicy(database, project, rollout?.candidate ?? '');
    const [target] = candidate?.body.routes[0]?.targets ?? [];
    expect(candidate).toMatchObject({ risk: 'prefix', parentId: stable });
    expect(target).toMatchObject({ model: 'steady', weight: 10_000 });
    expect(await readPrefix(database, project, target?.prefixId ?? '')).toBe(PREFIX);
    const [promptRun] = await owner.selectFrom('promptRun').selectAll().where('projectId', '=', project).execute();
    expect(promptRun).toMatchObject({ status: 'accepted', costUsd: expect.closeTo(0.042, 6) });
  });

  it('looks at a young cluster again whose few calls could prove nothing', async () => {
    const project = 'young';
    await seedProject(owner, project, { prefixes: 'automatic', weights: 'off' });
    await storeTraffic(project, 4, 1);
    const { work, ask, jobs } = setup(project, teacherOf(PREFIX));
    const run = await ask();
    await work();
    await answerReplays(project, jobs, true);
    await makeParkedDue();
    await work();
    const first = (await readRun(database, project, run.runId))?.summary['prefix'];
    expect(first).toMatchObject({ type: 'nothing', reason: 'too_few_replays' });
    await storeTraffic(project, 12, 12);
    const next = await ask();
    await work();
    expect((await readRun(database, project, next.runId))?.summary['prefix']).not.toMatchObject({
      reason: 'tried_lately',
    });
  });

  it('drops a candidate that is no better, and does not try the cluster again the next day', async () => {
    const project = 'no-better';
    await seedProject(owner, project, { prefixes: 'automatic', weights: 'off' });
    await storeTraffic(project, 12, 12);
    const { work, ask, jobs } = setup(project, teacherOf(PREFIX));
    const run = await ask();
    await work();
    await answerReplays(project, jobs, false);
    await makeParkedDue();
    await work();
    expect((await readRun(database, project, run.runId))?.summary['prefix']).toMatchObject({
      ...{ type: 'nothing', reason: 'new_failures' },
      detail: { accepted: false },
    });
    expect(await readRunningRollout(database, project)).toBeNull();
    const next = await ask();
    await work();
    expect((await readRun(database, project, next.runId))?.summary['prefix']).toMatchObject({ reason: 'tried_lately' });
  });

  it('never stores a candidate that copies traffic, however often the teacher offers it', async () => {
    const project = 'copies';
    await seedProject(owner, project, { prefixes: 'automatic', weights: 'off' });
    await storeTraffic(project, 12, 4);
    const teacher = teacherOf(`Remember that ${SECRET_OF_TRAFFIC}.`);
    const { work, ask } = setup(project, teacher);
    const run = await ask();
    await work();
    expect((await readRun(database, project, run.runId))?.summary['prefix']).toMatchObject({
      reason: 'candidate_copies_traffic',
    });
    expect(teacher.asked).toHaveLength(2);
    const prefixes = await owner.selectFrom('prefix').select('body').where('projectId', '=', project).execute();
    expect(prefixes).toEqual([]);
  });

  it('says that there is no teacher, and holds its rollout while paused', async () => {
    const project = 'no-teacher';
    await seedProject(owner, project, { prefixes: 'automatic', weights: 'off' });
    await storeTraffic(project, 12, 12);
    const alone = setup(project, null);
    const run = await alone.ask();
    await alone.work();
    expect((await readRun(database, project, run.runId))?.summary['prefix']).toEqual({
      type: 'nothing',
      reason: 'no_teacher',
    });

    await pauseOptimizer(owner, { projectId: project, actor: 'human:test', reason: 'not now' });
    const { ask, work, jobs } = setup(project, teacherOf(PREFIX));
    const second = await ask();
    await work();
    await answerReplays(project, jobs, true);
    await makeParkedDue();
    await work();
    const prefix = (await readRun(database, project, second.runId))?.summary['prefix'] as {
      published: { number: number };
    };
    expect(prefix.published).toMatchObject({ rolloutId: null, heldBy: 'paused' });
    expect((await findPolicy(database, project, `v${prefix.published.number}`)).state).toBe('proposed');
    expect((await readPointer(database, project))?.epoch).toBe(1);

    // The next night takes the held draft up, without another search.
    await resumeOptimizer(owner, { projectId: project, actor: 'human:test', reason: 'go on' });
    const asked = jobs.length;
    await ask();
    await work();
    expect(await readRunningRollout(database, project)).toMatchObject({ status: 'running' });
    expect(jobs).toHaveLength(asked);
    // Once it was turned down, it is not tried a second time.
    await rollBack(owner, { projectId: project, actor: 'human:test', reason: 'no good' });
    const last = await ask();
    await work();
    expect((await readRun(database, project, last.runId))?.summary['prefix']).toMatchObject({ reason: 'tried_lately' });
    expect(await readRunningRollout(database, project)).toBeNull();
  });
});

describe('runs', () => {
  it('are one per night, however many optimizers ring, and are worked off once', async () => {
    const project = 'nightly';
    await seedProject(owner, project);
    const workers = [setup(project, null), setup(project, null)];
    const schedules = workers.map(({ work }) =>
      createSchedule({ database, log, now: () => nowMs, work }, { projectId: project, nightly: '0 3 * * *' }),
    );
    const rings = await Promise.all(schedules.map((schedule) => schedule.ring('test')));
    expect(rings.filter(Boolean)).toHaveLength(1);
    const rows = await owner.selectFrom('optimizerRun').selectAll().where('projectId', '=', project).execute();
    expect(rows).toMatchObject([{ job: NIGHTLY_JOB, status: 'done', attempt: 1, fence: 1 }]);
    expect(rows[0]?.logicalTime.toISOString()).toMatch(/T03:00:00.000Z$/);
    // The same night is done; the next one is due when it comes.
    expect(await schedules[0]?.ring('again')).toBe(false);
    nowMs += DAY_MS;
    expect(await schedules[0]?.ring('next night')).toBe(true);
    await Promise.all(schedules.map((schedule) => schedule.stop()));
  });

  it('are resumed from their checkpoint when the lease of a dead optimizer has ended', async () => {
    const project = 'resumed';
    await seedProject(owner, project);
    let clusterings = 0;
    const clustering = {
      run: async () => {
        clusterings += 1;
        return { recorded: 0, opened: 0 };
      },
    };
    const dying = setup(project, null, {
      clustering,
      get now(): () => number {
        return () => nowMs;
      },
    });
    const run = await dying.ask();
    // Killed after its first steps: the row says running, under a lease that nobody extends.
    await dying.work();
    const done = await readRun(database, project, run.runId);
    const { routing: _routing, prefix: _prefix, ...begun } = done!.summary;
    const { policyId: _policyId, ...checkpoint } = begun;
    await owner
      .updateTable('optimizerRun')
      .set({
        status: 'running',
        leaseUntil: new Date(0),
        finishedAt: null,
        checkpoint: JSON.stringify(checkpoint) as never,
      })
      .where('runId', '=', run.runId)
      .execute();
    const survivor = setup(project, null, { clustering });
    expect(await survivor.work()).toBe(1);
    const resumed = await readRun(database, project, run.runId);
    expect(resumed).toMatchObject({ status: 'done', fence: 2, attempt: 2 });
    expect(resumed?.summary['asOf']).toBe(done?.summary['asOf']);
    expect(clusterings).toBe(1);
  });

  it('cannot be written by an optimizer that lost its lease', async () => {
    const project = 'fenced';
    await seedProject(owner, project);
    const { ask, work } = setup(project, null, {
      clustering: {
        async run() {
          // Meanwhile another optimizer claims the run: the fence has moved on.
          await owner.updateTable('optimizerRun').set({ fence: 99 }).where('projectId', '=', project).execute();
          return { recorded: 0, opened: 0 };
        },
      },
    });
    const run = await ask();
    await work();
    const row = await readRun(database, project, run.runId);
    expect(row).toMatchObject({ status: 'running', fence: 99, checkpoint: { asOf: expect.any(String) } });
    expect(row?.checkpoint).not.toHaveProperty('clustering');
  });
});
