import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertCall, insertSessions, SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { readReport } from '../../report/read-report.ts';
import { createOptimizerServer } from '../../server.ts';
import { openOptimizerStore } from '../../testing/optimizer-store.ts';
import { serverDepsOf } from '../../testing/server-deps.ts';
import { reportSchema } from '../report-schemas.ts';

const PROJECT = 'reported';
const SESSIONS = 24;
const DAY_MS = 86_400_000;
const TOKEN = 'token-of-a-viewer';
const { owner: database } = await openOptimizerStore();
let server: ReturnType<typeof createOptimizerServer>;
const nowMs = Date.now();

beforeAll(async () => {
  await seedProject(database, PROJECT);
  for (let index = 0; index < SESSIONS; index += 1) {
    const model = index % 2 === 0 ? 'steady' : 'cheap';
    const at = { project: PROJECT, index, startedAt: new Date(nowMs - DAY_MS + index), model };
    await insertCall(database, { ...at, sessionId: `session-${index}` });
    await insertSessions(database, [{ ...at, quality: index % 4 < 2 ? 0.9 : 1 }]);
  }
  await database.updateTable('session').set({ costUsd: 0.5 }).where('model', '=', 'steady').execute();
  await database.updateTable('session').set({ costUsd: 0.1 }).where('model', '=', 'cheap').execute();
  const tokens = {
    callerOf: (token: string) => (token === TOKEN ? ({ name: 'test', role: 'viewer' } as const) : null),
  };
  server = createOptimizerServer(serverDepsOf({ database, projectId: PROJECT, now: () => nowMs, tokens }));
});
afterAll(async () => {
  await server.close();
});

const ask = (query: string) =>
  server.inject({ url: `/api/v1/report${query}`, headers: { authorization: `Bearer ${TOKEN}` } });

describe('GET /api/v1/report', () => {
  it('tells what the command tells, with intervals', async () => {
    const reply = await ask('?since=28d&baseline=v1');
    expect(reply.statusCode).toBe(200);
    const until = new Date(nowMs);
    const window = { since: new Date(nowMs - 28 * DAY_MS), until, baseline: 'v1' };
    expect(reply.json()).toEqual(JSON.parse(JSON.stringify(await readReport(database, PROJECT, window))));
    const report = reportSchema.parse(reply.json());
    expect(report.total).toMatchObject({ sessions: SESSIONS, comparable: SESSIONS });
    expect(report.total.costDifference?.perSession.mean).toBeCloseTo(-0.4, 9);
    expect(report.shapes.map(({ name }) => name)).toEqual([SHAPE]);
  });

  it('takes 28 days when nothing is said, and sees nothing older than it is asked for', async () => {
    const [usual, short] = [
      reportSchema.parse((await ask('')).json()),
      reportSchema.parse((await ask('?since=1h')).json()),
    ];
    expect(Date.parse(usual.until) - Date.parse(usual.since)).toBe(28 * DAY_MS);
    expect([usual.total.sessions, short.total.sessions]).toEqual([SESSIONS, 0]);
  });

  it.each(['?since=lately', '?since=0d', '?since=93d', '?baseline=latest'])('refuses %s', async (query) => {
    expect((await ask(query)).statusCode).toBe(400);
  });
});
