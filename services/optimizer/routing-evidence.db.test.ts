import { describe, expect, it } from 'vitest';
import { calibrateJudge } from '#shared/calibration/calibrate-judge.ts';
import { writeCalibration } from '#shared/database/calibration-store.ts';
import { jsonText } from '#shared/database/columns.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { judgeKey } from '#shared/domain/judge-key.ts';
import { insertCall, insertSessions, SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { planCycle } from './plan-cycle.ts';
import { proposeRouting, type RoutingExplanation } from './propose-routing.ts';
import { readDriftPeriods } from './read-judge-drift.ts';
import { readRoutingEvidence } from './read-routing-evidence.ts';
import { readStatus } from './read-status.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const DAY_MS = 86_400_000;
const JUDGE = { rubric: 'task-completion', rubricVersion: '1', judge: 'a-judge' };
const nowMs = Date.now();
const { owner, optimizer: database } = await openOptimizerStore();

interface Judged {
  readonly model: string;
  readonly daysAgo: number;
  readonly count: number;
  readonly quality: number;
  readonly byRule: number;
}

/** Closed sessions that the judge had a say in. */
async function seedJudged(project: string, groups: readonly Judged[]): Promise<void> {
  let index = 0;
  for (const { model, daysAgo, count, quality, byRule } of groups) {
    const first = index;
    const sessions = Array.from({ length: count }, (_, at) => {
      index += 1;
      const startedAt = new Date(nowMs - daysAgo * DAY_MS + at * 1_000);
      return { project, index: first + at, startedAt, quality, model };
    });
    await insertSessions(owner, sessions);
    await owner
      .updateTable('session')
      .set({ qualityByRule: byRule, judgedBy: [judgeKey(JUDGE)] })
      .where('projectId', '=', project)
      .where(
        'sessionId',
        'in',
        sessions.map((session) => `session-${session.index}`),
      )
      .execute();
  }
}

/** Anchors that turn noisy `daysAgo` nights ago, and the alarm that comes of it two nights later. */
async function seedDrift(project: string, daysAgo: number): Promise<void> {
  const night = (days: number) => new Date(nowMs - days * DAY_MS).toISOString().slice(0, 10);
  const sessionId = 'an-anchor';
  const callId = await insertCall(owner, { project, index: 1, startedAt: new Date(nowMs - 20 * DAY_MS), sessionId });
  for (const days of [daysAgo + 2, daysAgo + 1, daysAgo, daysAgo - 1, daysAgo - 2].filter((each) => each >= 0)) {
    const rows = Array.from({ length: 20 }, (_, at) => ({
      ...{ projectId: project, night: night(days), ...JUDGE, subjectType: 'session', subjectId: `anchor-${at}` },
      ...{ callId, sessionId, passed: true, agrees: days > daysAgo || at >= 12, flipped: null },
    }));
    await owner.insertInto('judgeAnchorVerdict').values(rows).execute();
  }
  await owner
    .insertInto('judgeDrift')
    .values({
      ...{
        projectId: project,
        ...JUDGE,
        night: night(daysAgo - 2),
        anchors: 20,
        disagreed: 12,
        flipped: 0,
        compared: 20,
      },
      ...{ level: 1.2, alarmAt: new Date(nowMs - (daysAgo - 2) * DAY_MS) },
      state: jsonText({ evidence: [], nights: 5, disagreementMax: 0.2 }),
    })
    .execute();
}

async function explain(project: string): Promise<RoutingExplanation | undefined> {
  const pointer = await readPointer(database, project);
  const current = await readPolicy(database, project, pointer?.stable ?? '');
  const governance = (await readGovernance(database, project))?.body;
  if (current === null || governance === undefined) throw new Error('the project is not seeded');
  const evidence = await readRoutingEvidence(database, project, { asOf: new Date(nowMs), sessionsPerCellMax: 2_000 });
  const proposal = proposeRouting({ current: current.body, governance, ...evidence });
  return proposal.type === 'off' ? undefined : proposal.explanations.find((each) => each.turnShape === SHAPE);
}
const standing = (explanation: RoutingExplanation | undefined, model: string) =>
  explanation?.models.find((each) => each.model === model);

describe('sessions of a judge that moved', () => {
  it('are no news of a model: one that would be proven is not, and one that would fall does not', async () => {
    const groups: Judged[] = [
      { model: 'steady', daysAgo: 12, count: 100, quality: 0.95, byRule: 0.95 },
      { model: 'cheap', daysAgo: 12, count: 5, quality: 0.9, byRule: 0.95 },
      // The judge turns mild with the one and hard on the other.
      { model: 'steady', daysAgo: 3, count: 120, quality: 0.2, byRule: 0.95 },
      { model: 'cheap', daysAgo: 3, count: 200, quality: 1, byRule: 0.95 },
    ];
    await seedProject(owner, 'believed', { prefixes: 'off' });
    await seedJudged('believed', groups);
    const believed = await explain('believed');
    expect([standing(believed, 'steady')?.verdict, standing(believed, 'cheap')?.verdict]).toEqual([
      'disproven',
      'proven',
    ]);

    const project = 'moved';
    await seedProject(owner, project, { prefixes: 'off' });
    await seedJudged(project, groups);
    await seedDrift(project, 4);
    const [period] = await readDriftPeriods(database, project);
    expect(period).toMatchObject({ judge: 'a-judge', rubric: 'task-completion', until: null });
    expect(period?.since.toISOString().slice(0, 10)).toBe(new Date(nowMs - 5 * DAY_MS).toISOString().slice(0, 10));
    const moved = await explain(project);
    expect(standing(moved, 'steady')).toMatchObject({ verdict: 'proven', sessions: 100, heldSessions: 120 });
    expect(standing(moved, 'cheap')).toMatchObject({ verdict: 'undecided', sessions: 5, heldSessions: 200 });

    expect(moved?.held).toBe(`held: judge drift since ${period?.since.toISOString().slice(0, 10)} (a-judge)`);
    // Run, dry run and status say so.
    const plan = await planCycle(database, { projectId: project, nowMs });
    expect(plan.routing?.judgeDrifts).toEqual([
      { judge: 'a-judge', rubric: 'task-completion', since: period?.since.toISOString(), until: null },
    ]);
    const status = await readStatus(database, {
      projectId: project,
      judges: ['p/a-judge'],
      nextNightly: null,
      now: nowMs,
    });
    expect(status.judges.drifts).toHaveLength(1);
    expect(status.shapes[0]?.models.find((each) => each.model === 'cheap')).toMatchObject({ heldSessions: 200 });
  });

  it('count by what rules say of them: a model that falls by rule falls', async () => {
    const project = 'by-rule';
    await seedProject(owner, project, { prefixes: 'off' });
    await seedJudged(project, [
      { model: 'steady', daysAgo: 12, count: 100, quality: 0.95, byRule: 0.95 },
      { model: 'steady', daysAgo: 3, count: 60, quality: 0.9, byRule: 0.3 },
    ]);
    await seedDrift(project, 4);
    expect(standing(await explain(project), 'steady')).toMatchObject({ verdict: 'disproven', heldSessions: 60 });
  });

  it('count again after the judge has been fitted anew, from then on', async () => {
    const project = 'settled';
    await seedProject(owner, project, { prefixes: 'off' });
    await seedJudged(project, [
      { model: 'cheap', daysAgo: 6, count: 80, quality: 1, byRule: 1 },
      { model: 'cheap', daysAgo: 1, count: 200, quality: 1, byRule: 1 },
    ]);
    await seedDrift(project, 8);
    const fittedAt = new Date(nowMs - 2 * DAY_MS);
    const labelled = Array.from({ length: 80 }, (_, at) => {
      const label = at % 2 === 0 ? (1 as const) : (0 as const);
      return { sessionId: `labelled-${at}`, score: label, verdict: label, label, tokens: 100, truncation: 0 };
    });
    await writeCalibration(owner, project, JUDGE, calibrateJudge(labelled), fittedAt);
    expect((await readDriftPeriods(database, project))[0]?.until).toEqual(fittedAt);
    expect(standing(await explain(project), 'cheap')).toMatchObject({ verdict: 'proven', heldSessions: 80 });
  });
});

describe('a model that is slow', () => {
  /** Sessions of one call each. */
  async function seedTimed(project: string, cheapMs: number): Promise<void> {
    const startedAt = (index: number) => new Date(nowMs - 2 * DAY_MS + index * 1_000);
    const sessions = Array.from({ length: 240 }, (_, index) => ({
      ...{ project, index, startedAt: startedAt(index), quality: 0.97, model: index % 2 === 0 ? 'steady' : 'cheap' },
    }));
    await insertSessions(owner, sessions);
    for (const { index, model } of sessions) {
      const callId = await insertCall(owner, {
        project,
        index,
        startedAt: startedAt(index),
        sessionId: `session-${index}`,
        model,
      });
      await owner
        .updateTable('call')
        .set({
          durationMs: (model === 'cheap' ? cheapMs : 1_000) + index,
          timeToFirstChunkMs: 100 + index,
          inputTokens: 10,
          outputTokens: 1,
        })
        .where('callId', '=', callId)
        .execute();
    }
  }

  it('is no candidate under a limit that it is provably above, and shows how slow it is', async () => {
    const project = 'slow';
    await seedProject(owner, project, { prefixes: 'off', latency: { p95Max: '5s' } });
    await seedTimed(project, 8_000);
    const slow = await explain(project);
    expect(slow).toMatchObject({ currentModel: 'steady', chosenModel: 'steady', exploredModel: null });
    expect(standing(slow, 'cheap')).toMatchObject({
      verdict: 'too_slow',
      latency: { duration: { sessions: 120, p50: 8_119 }, timeToFirstChunk: { sessions: 120, p50: 219 } },
    });
    expect(standing(slow, 'cheap')?.latency.duration?.p95Low).toBeGreaterThan(5_000);
    const status = await readStatus(database, { projectId: project, judges: [], nextNightly: null, now: nowMs });
    const shown = status.shapes[0]?.models.find((each) => each.model === 'cheap');
    expect(shown).toMatchObject({ verdict: 'too_slow', latency: { duration: { p50: 8_119 } } });
  });

  it('is one without a limit, and under one that it may be within', async () => {
    for (const [project, latency] of [
      ['unlimited', undefined],
      ['within', { p95Max: '10s' }],
    ] as const) {
      await seedProject(owner, project, { prefixes: 'off', ...(latency === undefined ? {} : { latency }) });
      await seedTimed(project, 8_000);
      expect(await explain(project)).toMatchObject({ chosenModel: 'cheap', reason: 'cheaper_proven' });
    }
  });
});
