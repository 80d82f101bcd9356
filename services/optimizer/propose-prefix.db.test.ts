import { describe, expect, it } from 'vitest';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { readRun } from '#shared/database/optimizer-run-store.ts';
import { readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { findPolicy, readPolicy, readPrefix } from '#shared/database/policy-store.ts';
import { cancelPromptRun, listPromptRuns } from '#shared/database/prompt-run-store.ts';
import { listCandidates } from '#shared/database/prompts/candidate-store.ts';
import { sumExpenses } from '#shared/database/prompts/expense-store.ts';
import { eraseCalls } from '#shared/database/purge/erase-calls.ts';
import { readRunningRollout } from '#shared/database/rollout-store.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { seedProject } from '#shared/testing/optimizer-fixture.ts';
import { PROMPT_OPTIMIZERS } from './prompts/registry.ts';
import type { ReplayQueue } from './prompts/runs/replay-desk.ts';
import {
  CURE,
  SECRET_OF_TRAFFIC,
  scriptedReplays,
  scriptedTeacher,
  storeTraffic,
} from './prompts/runs/testing/search-fixture.ts';
import { askForRun, type CYCLE_OPTIONS, createCycleClock, createCycleWorker } from './testing/cycle-fixture.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const clock = createCycleClock();
const { owner, optimizer: database } = await openOptimizerStore();

interface Night {
  readonly teacher?: Llm | null;
  readonly replays?: ReplayQueue;
  readonly options?: Partial<typeof CYCLE_OPTIONS>;
}

const OPTIMIZERS = new Map(PROMPT_OPTIMIZERS.map((optimizer) => [optimizer.name, optimizer]));

/** One cycle with searches, as a night or a person asks for it. */
function cycleWorker(project: string, { teacher = scriptedTeacher(), replays, options = {} }: Night) {
  return createCycleWorker(
    database,
    project,
    clock,
    {
      ...{ teacher, replays: replays ?? scriptedReplays(owner), optimizers: OPTIMIZERS },
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5))),
    },
    {
      ...{ promptOptimizer: 'random-search', replayCalls: 60, patienceMs: 30_000 },
      ...{ teacherName: teacher === null ? null : 'openai/teacher-1', ...options },
    },
  );
}

async function runNight(project: string, night: Night = {}) {
  const run = await askForRun(database, project, clock);
  expect(await cycleWorker(project, night).work()).toBe(1);
  const done = await readRun(database, project, run.runId);
  const prefix = done?.summary['prefix'] as Record<string, unknown>;
  return { run: done!, prefix, searches: done?.summary['searches'] };
}

async function projectWith(project: string, failing: number, passing: number, prefixes = 'automatic') {
  const stable = await seedProject(owner, project, { prefixes, weights: 'off' });
  await storeTraffic(owner, { project, failing, passing, nowMs: clock.now() });
  return stable;
}

describe('a search for a prefix', () => {
  it('proves a candidate on calls that it had never seen, and rolls it out', async () => {
    const project = 'prefix';
    const stable = await projectWith(project, 36, 30);
    const teacher = scriptedTeacher();
    const replays = scriptedReplays(owner);
    const { prefix, searches } = await runNight(project, { teacher, replays });
    expect(prefix).toMatchObject({
      ...{ type: 'proposed', check: 'parallel_collapsed', published: { heldBy: null } },
      verdict: { accepted: true, reason: 'improved', confidence: 0.95, newFailures: [] },
    });
    expect(searches).toMatchObject([{ decision: 'tried', model: 'steady' }]);
    // The teacher saw facts in our own words, and nothing of what users wrote.
    const told = teacher.asked.map((request) => request.system + request.user).join('\n');
    expect(told).toContain('parallel_collapsed');
    for (const word of ['quarterly', 'cabinet', 'northern']) expect(told).not.toContain(word);

    const rollout = await readRunningRollout(database, project);
    const candidate = await readPolicy(database, project, rollout?.candidate ?? '');
    const [target] = candidate?.body.routes[0]?.targets ?? [];
    expect(candidate).toMatchObject({ risk: 'prefix', parentId: stable });
    const text = await readPrefix(database, project, target?.prefixId ?? '');
    expect(text).toContain(CURE);
    const [search] = await listPromptRuns(database, project, { limit: 5 });
    expect(search).toMatchObject({
      status: 'accepted',
      optimizer: 'random-search',
      candidatePrefixId: target?.prefixId,
    });
    // Every replay was paid for once, in advance, and the sum of what was paid is the cost of the search.
    const sums = await sumExpenses(database, project, search!.promptRunId);
    const tasks = sums.find((sum) => sum.kind === 'task');
    expect(tasks).toMatchObject({ count: new Set(replays.jobs).size, reservedUsd: 0 });
    expect(search!.costUsd).toBeCloseTo(
      sums.reduce((sum, each) => sum + each.spentUsd, 0),
      9,
    );
    const candidates = await listCandidates(database, project, search!.promptRunId);
    expect(candidates[0]).toMatchObject({ position: 0, operator: 'seed', body: '', parents: [] });
    expect(candidates.find((each) => each.prefixId === target?.prefixId)).toMatchObject({
      parents: ['none'],
      body: text,
    });
  });

  it('gives a candidate up that breaks what held, however much it mends', async () => {
    const project = 'breaks';
    await projectWith(project, 36, 30);
    const breaks = (prefix: string) => (prefix.includes(CURE) ? ['unknown_tool'] : []);
    const { prefix } = await runNight(project, {
      replays: scriptedReplays(owner, { works: (text, failing) => !failing || text !== '', breaks }),
    });
    expect(prefix).toMatchObject({
      type: 'nothing',
      reason: expect.stringMatching(/^(new_failures|no_better_candidate)$/),
    });
    expect(await readRunningRollout(database, project)).toBeNull();
  });

  it('proposes nothing where nothing helps, and leaves the cluster alone for some days', async () => {
    const project = 'no-better';
    await projectWith(project, 36, 30);
    const never = scriptedReplays(owner, { works: (_text, failing) => !failing });
    const { prefix } = await runNight(project, { replays: never });
    expect(prefix).toMatchObject({
      type: 'nothing',
      reason: expect.stringMatching(/^(no_better_candidate|no_proof)$/),
    });
    const next = await runNight(project);
    expect(next.prefix).toMatchObject({ type: 'nothing', reason: 'tried_lately' });
    expect(next.searches).toMatchObject([{ decision: 'tried_lately', promptRunId: null, budgetUsd: 0 }]);
    expect(await readRunningRollout(database, project)).toBeNull();
  });

  it('never tries a candidate that copies traffic, however often the teacher offers it', async () => {
    const project = 'copies';
    await projectWith(project, 36, 30);
    const say = () => ({ prompts: [`Remember that ${SECRET_OF_TRAFFIC}.`] });
    const { prefix } = await runNight(project, { teacher: scriptedTeacher({ say }) });
    expect(prefix).toMatchObject({ type: 'nothing', reason: 'candidate_copies_traffic' });
    const prefixes = await owner.selectFrom('prefix').select('body').where('projectId', '=', project).execute();
    expect(prefixes).toEqual([]);
  });

  it('says why it tries nothing: too few calls, no teacher, too little money, an optimizer nobody knows', async () => {
    const project = 'refusals';
    await projectWith(project, 36, 30);
    expect((await runNight(project, { teacher: null })).prefix).toMatchObject({ reason: 'no_teacher' });
    const poor = await runNight(project, { options: { promptBudgetUsd: 0.0001 } });
    expect(poor.prefix).toMatchObject({ reason: 'budget_too_small' });
    expect((await runNight(project, { options: { promptBudgetUsd: 0 } })).prefix).toMatchObject({
      reason: 'budget_spent',
    });
    const unknown = await runNight(project, { options: { promptOptimizer: 'clairvoyance' } });
    expect(unknown.prefix).toMatchObject({ reason: 'unknown_optimizer' });
    const young = 'young';
    await projectWith(young, 5, 2);
    expect((await runNight(young)).prefix).toMatchObject({ reason: 'too_few_calls' });
    await storeTraffic(owner, { project: young, failing: 36, passing: 30, nowMs: clock.now() });
    expect((await runNight(young)).prefix).toMatchObject({ type: 'proposed' });
  });

  it('never spends beyond its budget, whatever the optimizer asks for', async () => {
    const project = 'frugal';
    await projectWith(project, 36, 30);
    const { prefix } = await runNight(project, { options: { promptBudgetUsd: 0.8 } });
    const [search] = await listPromptRuns(database, project, { limit: 1 });
    expect(search, JSON.stringify(prefix)).toBeDefined();
    expect(search!.costUsd).toBeGreaterThan(0.2);
    expect(search!.costUsd).toBeLessThanOrEqual(0.8);
  });

  it('waits while nobody takes its replays, and goes on where it was', async () => {
    const project = 'waits';
    await projectWith(project, 36, 30);
    const silent: ReplayQueue = { addBulk: async () => {} };
    const run = await askForRun(database, project, clock);
    let looks = 0;
    const later = () => {
      looks += 1;
      return clock.now() + 1_000 * looks;
    };
    const worker = createCycleWorker(
      database,
      project,
      // A clock that moves on with every look, so that patience ends.
      { ...clock, now: later },
      {
        ...{ teacher: scriptedTeacher(), replays: silent, optimizers: OPTIMIZERS, wait: async () => {} },
      },
      { promptOptimizer: 'random-search', replayCalls: 60, patienceMs: 20_000, teacherName: 'openai/teacher-1' },
    );
    expect(await worker.work()).toBe(1);
    const waiting = await readRun(database, project, run.runId);
    expect(waiting).toMatchObject({ status: 'pending', summary: { prefix: { type: 'waiting' } } });
    await owner
      .updateTable('optimizerRun')
      .set({ leaseUntil: new Date(0) })
      .where('runId', '=', run.runId)
      .execute();
    expect(await cycleWorker(project, {}).work()).toBe(1);
    expect(await readRun(database, project, run.runId)).toMatchObject({
      status: 'done',
      summary: { prefix: { type: 'proposed' } },
    });
  });

  it('ends when it is cancelled, and asks for nothing more', async () => {
    const project = 'cancelled';
    await projectWith(project, 36, 30);
    const answering = scriptedReplays(owner);
    const replays: ReplayQueue = {
      async addBulk(batch) {
        const [search] = await listPromptRuns(database, project, { limit: 1 });
        await cancelPromptRun(owner, project, search!.promptRunId, 'cli:test');
        await answering.addBulk(batch);
      },
    };
    const { prefix } = await runNight(project, { replays });
    expect(prefix).toMatchObject({ type: 'nothing', reason: 'cancelled', searches: [{ status: 'cancelled' }] });
    // It says nothing of the cluster, which may be tried again at once.
    expect((await runNight(project)).prefix).toMatchObject({ type: 'proposed' });
  });

  it('ends when a call that it replays is erased, whose row goes with it', async () => {
    const project = 'erased';
    await projectWith(project, 36, 30);
    const run = await askForRun(database, project, clock);
    const stopped = new AbortController();
    const replays: ReplayQueue = { addBulk: async () => stopped.abort(new Error('this process ends')) };
    const interrupted = createCycleWorker(
      ...([database, project, clock] as const),
      {
        ...{
          teacher: scriptedTeacher(),
          replays,
          optimizers: OPTIMIZERS,
          wait: async () => {},
          signal: stopped.signal,
        },
      },
      { promptOptimizer: 'random-search', replayCalls: 60, patienceMs: 30_000, teacherName: 'openai/teacher-1' },
    );
    await interrupted.work();
    const [row] = await owner.selectFrom('promptRow').selectAll().where('projectId', '=', project).limit(1).execute();
    await eraseCalls(owner, project, [row!.callId]);
    expect(await owner.selectFrom('promptRow').select('callId').where('callId', '=', row!.callId).execute()).toEqual(
      [],
    );
    await owner
      .updateTable('optimizerRun')
      .set({ leaseUntil: new Date(0) })
      .where('runId', '=', run.runId)
      .execute();
    await cycleWorker(project, {}).work();
    expect((await readRun(database, project, run.runId))?.summary['prefix']).toMatchObject({ reason: 'calls_erased' });
  });

  it('holds its rollout while paused, and the next night takes it up without another search', async () => {
    const project = 'held';
    await projectWith(project, 36, 30);
    await pauseOptimizer(owner, { projectId: project, actor: 'human:test', reason: 'not now' });
    const { prefix } = await runNight(project);
    const { number, heldBy } = prefix['published'] as { number: number; heldBy: string };
    expect(heldBy).toBe('paused');
    expect((await findPolicy(database, project, `v${number}`)).state).toBe('proposed');
    expect((await readPointer(database, project))?.epoch).toBe(1);

    await resumeOptimizer(owner, { projectId: project, actor: 'human:test', reason: 'go on' });
    const replays = scriptedReplays(owner);
    await runNight(project, { replays });
    expect(await readRunningRollout(database, project)).toMatchObject({ status: 'running' });
    expect(replays.jobs).toEqual([]);
    // Once it was turned down, it is not tried a second time.
    await rollBack(owner, { projectId: project, actor: 'human:test', reason: 'no good' });
    expect((await runNight(project)).prefix).toMatchObject({ reason: 'tried_lately' });
    expect(await readRunningRollout(database, project)).toBeNull();
  });
});
