import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertCall, seedProject } from '../testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { jsonText } from './columns.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { type ScoreQuestion, summariseScores } from './score-summary.ts';
import { readScorecard } from './scorecard-store.ts';

const PROJECT = 'summary';
const NOON = new Date('2026-02-10T12:00:00Z');
const DAY_MS = 86_400_000;
let store: TestDatabase;
let database: Database;
let index = 0;

beforeAll(async () => {
  store = await createTestDatabase();
  database = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
  await seedProject(database, PROJECT);
});
afterAll(async () => {
  await database.destroy();
  await store.drop();
});

interface Scored {
  readonly value: number | null;
  readonly sessionId: string;
  readonly model?: string;
  readonly provider?: string;
  readonly daysAgo?: number;
  readonly source?: string;
  readonly tools?: readonly string[];
  /** The use at fault, by its place. */
  readonly fault?: { readonly scorer: string; readonly pointer: string };
  readonly outcome?: number;
  readonly samplingProbability?: number;
  readonly scorer?: string;
}

/** A call with the rows that scoring leaves of it. */
async function insertScored(scored: Scored): Promise<string> {
  index += 1;
  const startedAt = new Date(NOON.getTime() - (scored.daysAgo ?? 0) * DAY_MS);
  const { sessionId, source, model, provider } = scored;
  const call = { project: PROJECT, index, startedAt, sessionId };
  const callId = await insertCall(database, {
    ...call,
    ...(source === undefined ? {} : { source }),
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
  });
  const evidence = (scored.tools ?? []).map((quote, at) => ({ pointer: `/response/content/${at}`, quote }));
  const row = {
    ...{ projectId: PROJECT, callId, subjectType: 'call', subjectId: callId, scorerVersion: '1', metric: 'toolUse' },
    ...{ owner: null, severity: null, scorer: scored.scorer ?? 'toolUse', evidence: jsonText(evidence) },
    samplingProbability: scored.samplingProbability ?? 1,
  };
  const verdict = (value: number | null) => ({
    status: value === null ? 'abstained' : 'scored',
    outcome: value === null ? 'unknown' : value === 1 ? 'pass' : 'fail',
    value,
  });
  await database
    .insertInto('score')
    .values([
      { ...row, pass: 'call', ...verdict(scored.value) },
      ...(scored.outcome === undefined ? [] : [{ ...row, pass: 'outcome', ...verdict(scored.outcome) }]),
    ])
    .execute();
  const { fault } = scored;
  if (fault !== undefined) {
    const place = jsonText([{ pointer: fault.pointer }]);
    const check = { ...row, ...verdict(0), pass: 'call', scorer: fault.scorer, evidence: place };
    await database
      .insertInto('score')
      .values({ ...check, owner: 'provider', severity: 'error' })
      .execute();
  }
  return callId;
}

const ask = (question: Partial<ScoreQuestion>) =>
  summariseScores(database, PROJECT, {
    ...{ metric: 'toolUse', scorer: 'toolUse', by: [], every: null, only: {}, limit: 100 },
    ...{ since: new Date(NOON.getTime() - 30 * DAY_MS), until: new Date(NOON.getTime() + 1_000) },
    ...question,
  });

describe('summariseScores', () => {
  it('counts a call once, by the worst of its passes, and leaves out what is undecided or a replay', async () => {
    const only = { provider: 'passes' };
    await insertScored({ sessionId: 'a', value: 1, outcome: 0, provider: 'passes' });
    await insertScored({ sessionId: 'b', value: 1, outcome: 1, provider: 'passes' });
    await insertScored({ sessionId: 'c', value: null, provider: 'passes' });
    await insertScored({ sessionId: 'd', value: 0, provider: 'passes', source: 'replay' });
    expect(await ask({ only, by: ['provider'] })).toMatchObject([
      { group: { provider: 'passes' }, value: 0.5, n: 2, sessions: 2, undecided: 1, from: null },
    ]);
  });

  it('tells models apart over time, the newest period first', async () => {
    const only = { provider: 'time' };
    await insertScored({ sessionId: 'a', value: 1, model: 'm1', provider: 'time', daysAgo: 1 });
    await insertScored({ sessionId: 'b', value: 0, model: 'm1', provider: 'time' });
    await insertScored({ sessionId: 'c', value: 1, model: 'm2', provider: 'time' });
    const rows = await ask({ only, by: ['model'], every: 'day' });
    expect(rows.map(({ group, from, value }) => [group.model, from?.toISOString().slice(0, 10), value])).toEqual([
      ['m1', '2026-02-10', 0],
      ['m2', '2026-02-10', 1],
      ['m1', '2026-02-09', 1],
    ]);
    expect(await ask({ only, since: NOON, by: [] })).toMatchObject([{ n: 2 }]);
  });

  it('weighs sampled verdicts by the inverse of their probability', async () => {
    const only = { provider: 'sampled' };
    const judged = { scorer: 'tool_use', provider: 'sampled' };
    for (const sessionId of ['a', 'b', 'c', 'd']) await insertScored({ ...judged, sessionId, value: 0 });
    await insertScored({ ...judged, sessionId: 'e', value: 1, samplingProbability: 0.25 });
    const [row] = await ask({ only, scorer: 'tool_use' });
    expect(row).toMatchObject({ value: 0.5, n: 5, sessions: 5 });
    expect(row?.effectiveN).toBeLessThan(5);
  });

  it('holds a fault against the use of a tool that its check points at, else against all of the call', async () => {
    const only = { provider: 'tools' };
    const tools = ['Read', 'Edit'];
    const call = { tools, provider: 'tools' };
    await insertScored({ ...call, sessionId: 'a', value: 1 });
    const fault = { scorer: 'missing_required', pointer: '/response/content/1/input' };
    await insertScored({ ...call, sessionId: 'b', value: 0, fault });
    await insertScored({ ...call, sessionId: 'c', value: 0, fault: { scorer: 'loop_cycle', pointer: '/upstreamRaw' } });
    const rows = await ask({ only, by: ['tool'] });
    expect(rows.map(({ group, n, value }) => [group.tool, n, value])).toEqual([
      ['Edit', 3, 1 / 3],
      ['Read', 3, 2 / 3],
    ]);
  });
});

describe('readScorecard', () => {
  it('has a row per provider and model with its interval and its commonest faults', async () => {
    const fault = { scorer: 'args_malformed_json', pointer: '/response/content/0' };
    for (const sessionId of ['a', 'b', 'c']) {
      await insertScored({ sessionId, value: 1, provider: 'card', model: 'm1', tools: ['Read'] });
    }
    await insertScored({ sessionId: 'd', value: 0, provider: 'card', model: 'm1', fault });
    const period = { since: new Date(NOON.getTime() - DAY_MS), until: new Date(NOON.getTime() + 1_000) };
    const { rows } = await readScorecard(database, PROJECT, period);
    expect(rows.find(({ provider }) => provider === 'card')).toMatchObject({
      model: 'm1',
      toolUse: { value: 0.75, n: 4, sessions: 4 },
      fidelity: null,
      taskCompletion: null,
      faults: [{ scorer: 'args_malformed_json', calls: 1, share: 0.25 }],
    });
  });
});
