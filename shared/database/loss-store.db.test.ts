import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Loss } from '../domain/loss.ts';
import { insertCall, insertFailure, seedProject } from '../testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { jsonText } from './columns.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { readNewFailures } from './failure-store.ts';
import { listCalls } from './list-calls.ts';
import { listLossShares, readLossReport } from './loss-store.ts';

const PROJECT = 'losses';
const NOW = Date.UTC(2026, 5, 10, 12);
const SINCE = new Date(NOW - 86_400_000);
let store: TestDatabase;
let owner: Database;
/** As the API reads. */
let database: Database;
const callIds: string[] = [];

const cacheControl = (index: number, count?: number): Loss => ({
  ...{ kind: 'dropped', pointer: `/messages/${index}/content/0/cache_control`, format: 'openai-chat' },
  detail: 'cache_control',
  ...(count === undefined ? {} : { count }),
});
const clamped: Loss = { kind: 'clamped', pointer: '/max_tokens', format: 'openai-chat', detail: 'max_tokens' };

async function addCall(index: number, losses: readonly Loss[], more: object = {}): Promise<string> {
  const startedAt = new Date(NOW - 60_000 + index);
  const call = { project: PROJECT, index, startedAt, sessionId: `session-${index}`, ...more };
  const callId = await insertCall(owner, call);
  await owner
    .updateTable('call')
    .set({ losses: jsonText(losses) })
    .where('callId', '=', callId)
    .execute();
  return callId;
}

beforeAll(async () => {
  store = await createTestDatabase();
  owner = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
  database = createDatabase(createPool({ connectionString: store.connectionString, role: 'optimizer' }));
  await seedProject(owner, PROJECT, { weights: 'automatic' });
  callIds.push(await addCall(1, [cacheControl(0), clamped]));
  callIds.push(await addCall(2, [cacheControl(7, 3)], { model: 'cheap' }));
  callIds.push(await addCall(3, []));
  callIds.push(await addCall(4, []));
  await addCall(5, [clamped], { provider: 'vllm' });
  await addCall(6, [clamped], { source: 'replay' });
  await addCall(7, [clamped], { startedAt: new Date(SINCE.getTime() - 1_000) });
  await addCall(8, [clamped], { project: 'another' });
});
afterAll(async () => {
  await database.destroy();
  await owner.destroy();
  await store.drop();
});

describe('the losses of a provider', () => {
  it('are counted by calls, by kind, with where and for which models', async () => {
    const report = await readLossReport(database, PROJECT, 'openai', SINCE);
    expect(report).toEqual({
      ...{ provider: 'openai', since: SINCE, calls: 4 },
      kinds: [
        {
          ...{ kind: 'dropped', calls: 2, share: 0.5, callIds: [callIds[1], callIds[0]] },
          models: [
            { model: 'cheap', calls: 1 },
            { model: 'steady', calls: 1 },
          ],
          places: [
            {
              ...{ pointer: '/messages/*/content/*/cache_control', format: 'openai-chat', detail: 'cache_control' },
              ...{ calls: 2, count: 4 },
            },
          ],
        },
        {
          ...{ kind: 'clamped', calls: 1, share: 0.25, callIds: [callIds[0]] },
          models: [{ model: 'steady', calls: 1 }],
          places: [{ pointer: '/max_tokens', format: 'openai-chat', detail: 'max_tokens', calls: 1, count: 1 }],
        },
      ],
    });
  });

  it('are none for a provider that is configured and was not called, and there is no report of any other', async () => {
    const earlier = new Date(NOW + 3_600_000);
    const { provider } = await owner.selectFrom('allowedModel').select('provider').executeTakeFirstOrThrow();
    expect(await readLossReport(database, PROJECT, provider, earlier)).toMatchObject({ calls: 0, kinds: [] });
    expect(await readLossReport(database, PROJECT, 'nobody', SINCE)).toBeNull();
  });

  it('are summed up for all providers', async () => {
    expect(await listLossShares(database, PROJECT, SINCE)).toEqual([
      { provider: 'openai', calls: 4, kinds: { dropped: 2, clamped: 1 } },
      { provider: 'vllm', calls: 1, kinds: { clamped: 1 } },
    ]);
  });

  it('are found by an index', async () => {
    const { rows } = await sql<{ indexdef: string }>`
      SELECT indexdef FROM pg_indexes WHERE indexname = 'call_losses_idx'`.execute(owner);
    expect(rows[0]?.indexdef).toContain('(project_id, provider, call_id)');
  });
});

describe('the score of a loss', () => {
  it('is no failure of its call, for lists and for clusters', async () => {
    const [callId = ''] = callIds;
    const failure = { project: PROJECT, callId, owner: 'gateway', explanation: 'dropped 0 -> 1' };
    await insertFailure(owner, { ...failure, scorer: 'loss_dropped' });
    const failuresOf = async () =>
      (await listCalls(database, PROJECT, { limit: 10 })).find((call) => call.callId === callId)?.failures;
    const found = async () => {
      const failures = await readNewFailures(database, PROJECT, { since: new Date(0), limit: 10 });
      return failures.map(({ scorer }) => scorer);
    };
    expect([await failuresOf(), await found()]).toEqual([0, []]);
    await insertFailure(owner, { ...failure, scorer: 'stop_reason_inconsistent' });
    expect([await failuresOf(), await found()]).toEqual([1, ['stop_reason_inconsistent']]);
  });
});
