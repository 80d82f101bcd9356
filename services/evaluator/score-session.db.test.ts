import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEfforts } from '#shared/database/effort-store.ts';
import { scoreJobId, sessionJobId } from '#shared/queue/names.ts';
import { collectFailedJobs } from './dead-letters.ts';
import { reconcileScores, UNSCORED_AFTER_MS } from './reconcile-scores.ts';
import { scoreCall } from './score-call.ts';
import { scoreSession } from './score-session.ts';
import { sweepSessions } from './sweep-sessions.ts';
import {
  type AgentTurn,
  agentSession,
  type EvaluatorFixture,
  IDLE_MS,
  MERGED,
  openEvaluatorFixture,
  panelOf,
  readSession,
} from './testing/evaluator-fixture.ts';

let fixture: EvaluatorFixture;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());

const TURNS: readonly AgentTurn[] = [
  { calls: [{}], results: ['const a = 1;'] },
  { calls: [{ input: { file_path: 'b' } }] },
];

async function storeSession(name: string, turns: readonly AgentTurn[] = TURNS) {
  const records = agentSession(name, turns);
  await fixture.calls.store(records);
  const last = records.at(-1)!.call;
  return { callIds: records.map((record) => record.call.callId), endedAt: last.startedAt + last.durationMs };
}

/** A queue that remembers what was added to it. */
function recordingQueue() {
  const added: { id: string; data: unknown }[] = [];
  return {
    added,
    addBulk: async (jobs: readonly { id: string; data: unknown }[]) => void added.push(...jobs),
  };
}

describe('scoreSession', () => {
  it('scores what is not scored yet, in both passes, and closes the session with its quality', async () => {
    const { callIds, endedAt } = await storeSession('closing');
    fixture.setNow(endedAt + IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'closing' });
    const runs = await fixture.owner.selectFrom('scoringRun').selectAll().where('callId', 'in', callIds).execute();
    expect(runs.map((run) => `${run.callId} ${run.pass}`).sort()).toEqual(
      callIds.flatMap((callId) => [`${callId} call`, `${callId} outcome`]).sort(),
    );
    const session = await readSession(fixture.owner, 'closing');
    expect(session).toMatchObject({ quality: 1, hardFailure: false });
    expect(session.closedAt?.getTime()).toBe(endedAt + IDLE_MS);
  });

  it('leaves a session alone that is not over', async () => {
    const { callIds, endedAt } = await storeSession('going on');
    fixture.setNow(endedAt + IDLE_MS - 1_000);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'going on' });
    expect((await readSession(fixture.owner, 'going on')).closedAt).toBeNull();
    expect(await fixture.owner.selectFrom('scoringRun').selectAll().where('callId', 'in', callIds).execute()).toEqual(
      [],
    );
  });

  it('caps the quality of a session with a fatal failure and marks it', async () => {
    const { endedAt } = await storeSession('fatal', [{ calls: [{ input: MERGED }], raw: [MERGED] }]);
    fixture.setNow(endedAt + IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'fatal' });
    const session = await readSession(fixture.owner, 'fatal');
    expect(session.quality).toBeLessThanOrEqual(0.25);
    expect(session.hardFailure).toBe(true);
  });

  it('marks a session whose upstream failed, and knows no quality without any score', async () => {
    const [record] = agentSession('upstream down', [
      { call: { status: 'upstream_error', errorType: 'overloaded_error' } },
    ]);
    await fixture.calls.store([{ ...record!, response: null, upstreamRaw: null }]);
    fixture.setNow(record!.call.startedAt + 2 * IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'upstream down' });
    expect(await readSession(fixture.owner, 'upstream down')).toMatchObject({
      quality: null,
      hardFailure: true,
      closedAt: expect.any(Date),
    });
  });

  it('closes a session that never rests once, without guessing at its last call', async () => {
    const { callIds, endedAt } = await storeSession('restless');
    fixture.setNow(endedAt + 1_000);
    const deps = { ...fixture.deps, sessions: { idleMs: IDLE_MS, openMaxMs: 500 } };
    await scoreSession(deps, { projectId: 'default', sessionId: 'restless' });
    expect((await readSession(fixture.owner, 'restless')).closedAt).not.toBeNull();
    const outcomes = await fixture.owner
      .selectFrom('scoringRun')
      .select('callId')
      .where('callId', 'in', callIds)
      .where('pass', '=', 'outcome')
      .execute();
    expect(outcomes).toEqual([{ callId: callIds[0] }]);
    await fixture.owner.updateTable('session').set({ closedAt: null }).where('sessionId', '=', 'restless').execute();
    await scoreSession(deps, { projectId: 'default', sessionId: 'restless' });
    expect((await readSession(fixture.owner, 'restless')).closedAt).toBeNull();
  });

  it('scores again at its next closing what a request that came late has shown', async () => {
    const records = agentSession('tool over lunch', [
      // Only the tool knows that it wants more than the schema says.
      { calls: [{ input: { file_path: 'a' } }], results: ['!InputValidationError: file_path must be absolute'] },
      { text: 'Let me correct that.' },
    ]);
    await fixture.calls.store([records[0]!]);
    fixture.setNow(records[0]!.call.startedAt + records[0]!.call.durationMs + IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'tool over lunch' });
    expect(await readSession(fixture.owner, 'tool over lunch')).toMatchObject({ quality: 1 });
    await fixture.calls.store([records[1]!]);
    fixture.setNow(records[1]!.call.startedAt + records[1]!.call.durationMs + IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'tool over lunch' });
    expect((await readSession(fixture.owner, 'tool over lunch')).quality).toBeLessThanOrEqual(0.75);
  });

  it('hands the session to the judge once, and does not close it before the verdict', async () => {
    const { endedAt } = await storeSession('for the judge');
    fixture.setNow(endedAt + IDLE_MS);
    const panel = panelOf([{ llm: { provider: 'local', model: 'judge-1' } as never, dailyBudgetUsd: 1 }], 0);
    await scoreSession({ ...fixture.deps, panel }, { projectId: 'default', sessionId: 'for the judge' });
    expect(panel.jobs).toMatchObject([
      { subjectType: 'session', subjectId: 'for the judge', rubric: 'task_completion', sample: 0 },
    ]);
    expect((await readSession(fixture.owner, 'for the judge')).closedAt).toBeNull();
  });
});

describe('sweepSessions', () => {
  it('asks for the last outcome and the closing of every session that is idle, and of no other', async () => {
    const { callIds, endedAt } = await storeSession('idle session');
    const later = await storeSession('busy session');
    await fixture.owner
      .updateTable('session')
      .set({ lastCallAt: new Date(endedAt + IDLE_MS) })
      .where('sessionId', '=', 'busy session')
      .execute();
    fixture.setNow(endedAt + IDLE_MS);
    const queues = { score: recordingQueue(), session: recordingQueue() };
    expect(await sweepSessions(fixture.deps, queues)).toBeGreaterThan(0);
    const scoreIds = queues.score.added.map((job) => job.id);
    const sessionIds = queues.session.added.map((job) => job.id);
    expect(scoreIds).toContain(scoreJobId(callIds.at(-1)!, 'outcome'));
    expect(scoreIds).not.toContain(scoreJobId(later.callIds.at(-1)!, 'outcome'));
    expect(sessionIds).toContain(sessionJobId({ projectId: 'default', sessionId: 'idle session' }));
    expect(sessionIds).not.toContain(sessionJobId({ projectId: 'default', sessionId: 'busy session' }));
  });
});

describe('reconcileScores', () => {
  it('asks again for stored calls without a score, but not for new, scored, replayed or buried ones', async () => {
    const lost = await storeSession('lost job');
    const scored = await storeSession('has its scores', [{ calls: [{}] }]);
    const replayed = await storeSession('replayed', [{ calls: [{}], call: { source: 'replay' } }]);
    const dead = await storeSession('buried', [{ calls: [{}] }]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: scored.callIds[0]!, pass: 'call' });
    await fixture.owner
      .insertInto('deadLetter')
      .values({
        deadLetterId: crypto.randomUUID(),
        projectId: 'default',
        queue: 'trimtab-score',
        jobId: 'x',
        callId: dead.callIds[0]!,
        reason: 'poison',
        payload: '{}' as never,
      })
      .execute();
    const stored = await fixture.owner
      .selectFrom('call')
      .select((build) => build.fn.max('storedAt').as('storedAt'))
      .executeTakeFirstOrThrow();
    const storedAt = new Date(stored.storedAt).getTime();
    await fixture.owner
      .updateTable('call')
      .set({ storedAt: new Date(lost.endedAt) })
      .execute();
    expect(storedAt).toBeGreaterThan(lost.endedAt - 1);

    const queue = recordingQueue();
    fixture.setNow(lost.endedAt + UNSCORED_AFTER_MS);
    expect(await reconcileScores(fixture.deps, queue)).toBe(0);
    fixture.setNow(lost.endedAt + UNSCORED_AFTER_MS + 1);
    await reconcileScores(fixture.deps, queue);
    const ids = queue.added.map((job) => job.id);
    expect(ids).toEqual(expect.arrayContaining(lost.callIds.map((callId) => scoreJobId(callId, 'call'))));
    for (const callId of [...scored.callIds, ...replayed.callIds, ...dead.callIds]) {
      expect(ids).not.toContain(scoreJobId(callId, 'call'));
    }
  });
});

describe('collectFailedJobs', () => {
  it('keeps a failed scoring job once, and counts its call', async () => {
    const { callIds } = await storeSession('poisoned', [{ calls: [{}] }]);
    const callId = callIds[0]!;
    const data = { v: 1, projectId: 'default', callId, pass: 'call' };
    const failed = [{ id: scoreJobId(callId, 'call'), data, reason: 'boom', attemptsMade: 5, failedAtMs: 0 }];
    const queue = { name: 'trimtab-score', failed: async () => failed } as const;
    expect(await collectFailedJobs(fixture.deps, [queue])).toBe(1);
    expect(await collectFailedJobs(fixture.deps, [queue])).toBe(0);
    const letters = await fixture.owner.selectFrom('deadLetter').selectAll().where('callId', '=', callId).execute();
    expect(letters).toMatchObject([{ queue: 'trimtab-score', reason: 'boom', payload: data }]);
    const counter = await fixture.owner
      .selectFrom('conservationCounter')
      .select('value')
      .where('gatewayId', '=', 'evaluator')
      .executeTakeFirstOrThrow();
    expect(counter.value).toBe(1);
  });

  it('closes a session whose judge was never reached, and says that it was not judged', async () => {
    const { callIds, endedAt } = await storeSession('judge gone');
    fixture.setNow(endedAt + IDLE_MS);
    const panel = panelOf([{ llm: { provider: 'local', model: 'judge-1' } as never, dailyBudgetUsd: 1 }], 0);
    const deps = { ...fixture.deps, panel };
    await scoreSession(deps, { projectId: 'default', sessionId: 'judge gone' });
    const failed = [{ id: 'judge-job', data: panel.jobs[0], reason: '429', attemptsMade: 5, failedAtMs: 0 }];
    await collectFailedJobs(deps, [{ name: 'trimtab-judge-local', failed: async () => failed }]);
    expect(await readSession(fixture.owner, 'judge gone')).toMatchObject({ quality: 1, closedAt: expect.any(Date) });
    const skips = await fixture.owner
      .selectFrom('judgeSkip')
      .selectAll()
      .where('callId', '=', callIds[0]!)
      .where('rubric', '=', 'task_completion')
      .execute();
    expect(skips).toMatchObject([{ reason: 'judge_unavailable' }]);
  });
});

describe('the parts of a session', () => {
  const agent = (agentId: string, parentAgentId: string | null) => ({ call: { agentId, parentAgentId } });

  async function scoresOf(sessionId: string) {
    const rows = await fixture.owner
      .selectFrom('score')
      .selectAll()
      .where('pass', '=', 'session')
      .where('subjectId', 'like', `${sessionId}%`)
      .orderBy('subjectId')
      .orderBy('metric')
      .execute();
    return rows.map((row) => `${row.subjectType} ${row.subjectId} ${row.metric} ${row.value}`);
  }

  it("scores sub-agents by their own calls, and counts each call once in the session's", async () => {
    const { endedAt } = await storeSession('with agents', [
      { calls: [{}], results: ['const a = 1;'] },
      { calls: [{ input: MERGED }], raw: [MERGED], ...agent('scout', null) },
      { calls: [{}], results: ['const b = 1;'], ...agent('digger', 'scout') },
    ]);
    fixture.setNow(endedAt + IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'with agents' });
    expect(await scoresOf('with agents')).toEqual([
      'session with agents efficiency 1',
      'agent with agents/digger efficiency 1',
      'agent with agents/digger toolUse 1',
      'agent with agents/scout efficiency 1',
      // Its call failed at once; what the tool made of it, nobody has seen to fail.
      'agent with agents/scout toolUse 0.5',
    ]);
    const efforts = await readEfforts(fixture.owner, 'default', 'with agents');
    expect(efforts.map(({ agentId, parentAgentId, calls }) => [agentId, parentAgentId, calls])).toEqual([
      ['', null, 3],
      ['digger', 'scout', 1],
      ['scout', null, 1],
    ]);
    // The fatal failure of the sub-agent is the session's too, once.
    expect((await readSession(fixture.owner, 'with agents')).quality).toBe(0.25);
  });

  it('keeps efficiency out of the quality unless it is told to count it', async () => {
    const failing = (name: string) =>
      storeSession(name, [
        { calls: [{ input: { file_path: 7 } }], results: ['!InputValidationError: file_path must be a string'] },
        { text: 'I see.' },
        { text: 'Done.' },
      ]);
    const { endedAt } = await failing('wasteful');
    fixture.setNow(endedAt + IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'wasteful' });
    const efficiency = await fixture.owner
      .selectFrom('score')
      .select('value')
      .where('subjectId', '=', 'wasteful')
      .where('metric', '=', 'efficiency')
      .executeTakeFirstOrThrow();
    expect(efficiency.value).toBe(0.667);
    const apart = (await readSession(fixture.owner, 'wasteful')).quality;
    const second = await failing('wasteful, and it counts');
    fixture.setNow(second.endedAt + IDLE_MS);
    const sessions = { ...fixture.deps.sessions, moreMetrics: ['efficiency'] as const };
    await scoreSession({ ...fixture.deps, sessions }, { projectId: 'default', sessionId: 'wasteful, and it counts' });
    const together = (await readSession(fixture.owner, 'wasteful, and it counts')).quality;
    expect([apart, together]).toEqual([0.5, (0.5 + 0.667) / 2]);
  });

  it('compares a session with the median of its kind once there are enough of them', async () => {
    for (let index = 0; index < 20; index += 1) {
      const { endedAt } = await storeSession(`short ${index}`, [
        { calls: [{}], call: { turnShape: '16k-single-edit' } },
      ]);
      fixture.setNow(endedAt + IDLE_MS);
      await scoreSession(fixture.deps, { projectId: 'default', sessionId: `short ${index}` });
    }
    const long = Array.from({ length: 4 }, (_value, index) => ({
      calls: [{ input: { file_path: `file ${index}` } }],
      results: [`export const part${index} = ${index};`],
      call: { turnShape: '16k-single-edit' as const },
    }));
    const { endedAt } = await storeSession('long', long);
    fixture.setNow(endedAt + IDLE_MS);
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'long' });
    const rows = await fixture.owner
      .selectFrom('score')
      .select(['subjectId', 'value', 'explanation'])
      .where('metric', '=', 'efficiency')
      .where('subjectId', 'in', ['short 19', 'long'])
      .orderBy('subjectId')
      .execute();
    expect(rows).toMatchObject([
      { value: 0.25, explanation: expect.stringContaining('median of 20 of its kind: 1 calls') },
      { value: 1 },
    ]);
  });
});
