import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import { readDrifts } from '#shared/database/anchor-store.ts';
import { readCalibrations } from '#shared/database/calibration-store.ts';
import { writeLabel } from '#shared/database/label-store.ts';
import { withNightLock } from '#shared/database/night-lock.ts';
import { createLlm } from '#shared/llm/create-llm.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { type FakeJudge, startFakeJudge } from '#shared/testing/fake-judge.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import type { EvaluatorDeps } from '../evaluator-deps.ts';
import { judgeSubject } from '../judge-subject.ts';
import { scoreCall } from '../score-call.ts';
import { scoreSession } from '../score-session.ts';
import {
  type AgentTurn,
  agentSession,
  type EvaluatorFixture,
  IDLE_MS,
  openEvaluatorFixture,
  panelOf,
} from '../testing/evaluator-fixture.ts';
import { createTriage } from '../triage/create-triage.ts';
import { refitTriage } from '../triage/refit-triage.ts';
import { calibrateNightly } from './nightly.ts';
import { recalibrate } from './recalibrate.ts';

const NEVER = new AbortController().signal;
const PROJECT = 'default';
const DAY_MS = 86_400_000;
const GOOD: readonly AgentTurn[] = [{ calls: [{}], results: ['const a = 1;'] }, { text: 'The file holds a constant.' }];
const BAD: readonly AgentTurn[] = [{ calls: [{}], results: ['!ENOENT: no such file'] }, { text: 'All is well.' }];

let fixture: EvaluatorFixture;
let judge: FakeJudge;
let lastEnd = 0;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  judge = await startFakeJudge();
  for (const table of ['label', 'judgeCalibration', 'judgeAnchor', 'judgeAnchorVerdict', 'judgeDrift'] as const) {
    await fixture.owner.deleteFrom(table).execute();
  }
});
afterEach(() => judge.close());

function depsWith(over: Partial<EvaluatorDeps> = {}) {
  const providers = { local: { format: 'openai-chat', baseUrl: judge.baseUrl, network: 'private' } };
  const provider = resolveProvider('local', configSchema.parse({ providers }));
  const options = { provider, model: 'judge-1', price: { input: 1, output: 2 }, maxRetries: 0 };
  const panel = panelOf([{ llm: createLlm({ fetch: createGuardedFetch('private') }, options), dailyBudgetUsd: 20 }]);
  const { database, now } = fixture.deps;
  const triage = createTriage({ database, now, budgets: new Map() });
  return { panel, deps: { ...fixture.deps, panel, triage, ...over } satisfies EvaluatorDeps };
}

/** Stores a session, closes it and has it judged. */
async function judged(name: string, turns: readonly AgentTurn[], over: Partial<EvaluatorDeps> = {}) {
  const records = agentSession(name, turns);
  await fixture.calls.store(records);
  lastEnd = (records.at(-1)?.call.startedAt ?? 0) + 2 * IDLE_MS;
  fixture.setNow(lastEnd);
  const { panel, deps } = depsWith(over);
  await scoreSession(deps, { projectId: PROJECT, sessionId: name });
  const job = panel.jobs.find((candidate) => candidate.subjectType === 'session');
  if (job !== undefined) await judgeSubject(deps, job, NEVER);
  const session = await fixture.owner
    .selectFrom('session')
    .selectAll()
    .where('sessionId', '=', name)
    .executeTakeFirstOrThrow();
  return { records, session };
}

async function label(sessionId: string, outcome: 'pass' | 'fail', labeller = 'ann'): Promise<void> {
  await writeLabel(fixture.owner, PROJECT, { sessionId, outcome }, labeller);
}

describe('triage', () => {
  it('leaves a row of its own for every call and session, which no quality is made of', async () => {
    const { records, session } = await judged('triaged', GOOD, { panel: null });
    const rows = await fixture.owner.selectFrom('score').selectAll().where('metric', '=', 'triage').execute();
    const mine = rows.filter((row) => records.some((record) => record.call.callId === row.callId));
    expect(mine.map(({ subjectType, pass }) => `${subjectType} ${pass}`).sort()).toEqual([
      'call call',
      'call call',
      'call outcome',
      'session session',
    ]);
    for (const row of mine) {
      expect(row).toMatchObject({ scorer: 'triage', status: 'scored', outcome: 'unknown', judge: null });
      expect(row.value).toBeGreaterThan(0);
      expect(row.value).toBeLessThan(1);
    }
    const without = await judged('not triaged', GOOD, { panel: null, triage: createNoTriage() });
    expect(session.quality).toBe(without.session.quality);
  });

  it('sends an open case to the judge rather than a clear one, and the job carries the probability', async () => {
    const records = agentSession('sampled', [{ calls: [{}] }]);
    await fixture.calls.store(records);
    const callId = records[0]?.call.callId ?? '';
    const { panel, deps } = depsWith();
    const half = { ...panel, callShare: 0.5 };
    await scoreCall({ ...deps, panel: half }, { projectId: PROJECT, callId, pass: 'call' });
    const skip = await fixture.owner.selectFrom('judgeSkip').selectAll().where('callId', '=', callId).execute();
    const [probability] = [
      ...panel.jobs.map((job) => job.samplingProbability),
      ...skip.map((row) => row.samplingProbability),
    ];
    expect(panel.jobs.length + skip.length).toBe(1);
    expect(probability).not.toBe(0.5);
    expect(probability).toBeGreaterThanOrEqual(0.125);
    expect(probability).toBeLessThan(1);
  });

  it('keeps its weights until a project has labels enough, and tells them what it saw', async () => {
    await judged('seen', GOOD);
    await label('seen', 'pass');
    expect(await refitTriage(fixture.deps, PROJECT)).toBeNull();
    const row = await fixture.owner.selectFrom('label').select('features').executeTakeFirstOrThrow();
    expect(row.features).toMatchObject({ calls: expect.any(Number) as number });
  });

  it('is fitted on the labels of the project once there are enough, and is then what calls are scored by', async () => {
    await judged('template', GOOD);
    await label('template', 'pass');
    await refitTriage(fixture.deps, PROJECT);
    const { features, ...template } = await fixture.owner.selectFrom('label').selectAll().executeTakeFirstOrThrow();
    await fixture.owner
      .insertInto('label')
      .values(
        Array.from({ length: 240 }, (_none, index) => ({
          ...template,
          ...{ subjectId: `many-${index}`, sessionId: `many-${index}`, passed: index % 3 !== 0 },
          features: JSON.stringify({
            ...(features as object),
            calls: index % 3 === 0 ? 4 + (index % 7) : 1 + (index % 5),
          }) as never,
        })),
      )
      .execute();
    const model = await refitTriage(fixture.deps, PROJECT);
    expect(model?.features.find(({ name }) => name === 'calls')?.weight).toBeLessThan(0);
    const { model: current } = createTriage({
      database: fixture.deps.database,
      now: fixture.deps.now,
      budgets: new Map(),
    });
    expect((await current(PROJECT)).version).toBe(model?.version);
    await fixture.owner.deleteFrom('triageModel').execute();
  });
});

function createNoTriage() {
  return createTriage({ database: fixture.deps.database, now: fixture.deps.now, budgets: new Map() });
}

describe('calibration', () => {
  it('measures a judge on what two people agree about, and leaves out what they are split on', async () => {
    for (const name of ['agreed', 'split']) await judged(`measured ${name}`, GOOD);
    await label('measured agreed', 'pass');
    await label('measured agreed', 'pass', 'bob');
    await label('measured split', 'pass');
    await label('measured split', 'fail', 'bob');
    const [calibration] = await recalibrate(fixture.deps, PROJECT, { force: true });
    expect(calibration).toMatchObject({ rubric: 'task_completion', judge: 'judge-1', labels: 1, gatePassed: false });
    expect(calibration?.gateReason).toMatch(/1 labels of at least/);
  });

  it('fits anew when somebody labelled, and not before', async () => {
    await judged('refitted one', GOOD);
    await label('refitted one', 'pass');
    await recalibrate(fixture.deps, PROJECT, { force: false });
    const first = (await readCalibrations(fixture.owner, PROJECT))[0]?.fittedAt;
    fixture.setNow(lastEnd + DAY_MS);
    await recalibrate(fixture.deps, PROJECT, { force: false });
    expect((await readCalibrations(fixture.owner, PROJECT))[0]?.fittedAt).toEqual(first);
    await judged('refitted two', BAD);
    await label('refitted two', 'fail');
    await recalibrate(fixture.deps, PROJECT, { force: false });
    expect((await readCalibrations(fixture.owner, PROJECT))[0]).toMatchObject({ labels: 2 });
  });

  it('keeps a judge that nobody measured out of a quality on which policies move by themselves', async () => {
    const trust = (isAutomatic: boolean) => ({ judgeTrust: { always: new Set<string>(), isAutomatic } });
    const automatic = await judged('automatic', BAD, trust(true));
    const proposed = await judged('proposed', BAD, trust(false));
    const verdicts = await fixture.owner
      .selectFrom('score')
      .select(['subjectId', 'outcome'])
      .where('scorer', '=', 'task_completion')
      .where('subjectId', 'in', ['automatic', 'proposed'])
      .execute();
    // Both are judged and shown alike; only what counts differs.
    expect(verdicts).toHaveLength(2);
    const alone = await judged('without a judge', BAD, { panel: null });
    expect(automatic.session.quality).toBe(alone.session.quality);
    expect(proposed.session.quality).toBeLessThan(automatic.session.quality ?? 0);
  });
});

describe('anchors', () => {
  it('watch a judge night by night, and suspend it when it stops agreeing', async () => {
    for (let index = 0; index < 12; index += 1) {
      await judged(`anchor ${index}`, GOOD);
      await label(`anchor ${index}`, 'pass');
    }
    const { deps } = depsWith();
    const night = async (after: number) => {
      fixture.setNow(lastEnd + after * DAY_MS);
      expect(await calibrateNightly(deps, PROJECT, NEVER)).toBe(true);
      return (await readDrifts(fixture.owner, PROJECT))[0];
    };
    expect(await night(0)).toMatchObject({ anchors: 12, disagreed: 0, flipped: 0, compared: 0, alarmAt: null });
    const asked = judge.requests.length;
    await night(0);
    expect(judge.requests.length).toBe(asked);
    expect(await night(1)).toMatchObject({ anchors: 12, disagreed: 0, flipped: 0, compared: 12, alarmAt: null });
    expect(judge.requests.length).toBe(asked + 12);

    // People's word is turned around, which is to the watch as if the judge had turned.
    await fixture.owner.updateTable('judgeAnchor').set({ passed: false }).execute();
    let drift = await night(2);
    for (let after = 3; drift?.alarmAt === null && after < 8; after += 1) drift = await night(after);
    expect(drift?.alarmAt).not.toBeNull();
    const events = await fixture.owner
      .selectFrom('auditEvent')
      .selectAll()
      .where('action', '=', 'alarm.raised')
      .execute();
    expect(events.map(({ subject }) => subject)).toEqual(['judge judge-1']);
  });

  it('are given up with their content, and are no disagreement where the judge says nothing', async () => {
    for (let index = 0; index < 11; index += 1) {
      await judged(`mute ${index}`, GOOD);
      await label(`mute ${index}`, 'pass');
    }
    const { deps } = depsWith();
    judge.misbehaveAlways('garbage');
    expect(await calibrateNightly(deps, PROJECT, NEVER)).toBe(true);
    expect(await readDrifts(fixture.owner, PROJECT)).toEqual([]);
    const verdicts = await fixture.owner.selectFrom('judgeAnchorVerdict').select(['passed', 'agrees']).execute();
    expect(verdicts).toHaveLength(11);
    expect(new Set(verdicts.map(({ passed }) => passed))).toEqual(new Set([null]));
  });

  it('are looked at by one evaluator at a time', async () => {
    const { deps } = depsWith();
    const inside = await withNightLock(fixture.owner, `${PROJECT} calibration`, async () => {
      expect(await calibrateNightly(deps, PROJECT, NEVER)).toBe(false);
    });
    expect(inside).toBe(true);
    expect(await calibrateNightly(deps, PROJECT, NEVER)).toBe(true);
  });
});
