import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertSessions, seedProject } from '../testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { type EffortRow, writeEfforts } from './effort-store.ts';
import { readSessionScoreTree } from './session-score-tree.ts';

const PROJECT = 'tree';
const startedAt = new Date('2026-02-10T12:00:00Z');
let store: TestDatabase;
let database: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  database = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
  await seedProject(database, PROJECT);
  await insertSessions(
    database,
    [1, 2].map((index) => ({ project: PROJECT, index, startedAt, quality: 0.9 })),
  );
});
afterAll(async () => {
  await database.destroy();
  await store.drop();
});

function partOf(sessionId: string, agentId: string, parentAgentId: string | null, calls: number): EffortRow {
  const waste = { redundantReads: 0, repeatedCalls: 0, failedCalls: 0, wastedCalls: 0 };
  return { projectId: PROJECT, sessionId, agentId, parentAgentId, turnShape: 'x', calls, tokens: calls * 10, ...waste };
}

async function treeOf(sessionId: string) {
  const tree = await readSessionScoreTree(database, PROJECT, sessionId);
  const agents = tree?.agents.map((agent) => [
    `${'  '.repeat(agent.depth)}${agent.agentId}`,
    agent.effort.calls,
    agent.effortWithAgents.calls,
  ]);
  return { calls: tree?.effort?.calls, agents };
}

describe('readSessionScoreTree', () => {
  it('puts agents under those that started them, and adds each call up once', async () => {
    const id = 'session-1';
    await writeEfforts(
      database,
      [
        partOf(id, '', null, 10),
        partOf(id, 'scout', null, 4),
        partOf(id, 'digger', 'scout', 2),
        partOf(id, 'carrier', 'digger', 1),
        partOf(id, 'stray', 'nobody-knows', 1),
      ],
      startedAt,
    );
    expect(await treeOf(id)).toEqual({
      calls: 10,
      agents: [
        ['scout', 4, 7],
        ['  digger', 2, 3],
        ['    carrier', 1, 1],
        ['stray', 1, 1],
      ],
    });
  });

  it('shows agents that name each other as parents once each', async () => {
    const id = 'session-2';
    await writeEfforts(
      database,
      [
        partOf(id, '', null, 3),
        partOf(id, 'hen', 'egg', 1),
        partOf(id, 'egg', 'hen', 1),
        partOf(id, 'self', 'self', 1),
      ],
      startedAt,
    );
    const { agents } = await treeOf(id);
    expect(agents).toEqual([
      ['egg', 1, 1],
      ['hen', 1, 1],
      ['self', 1, 1],
    ]);
  });

  it('knows no session that is not there', async () => {
    expect(await readSessionScoreTree(database, PROJECT, 'session-3')).toBeNull();
  });
});
