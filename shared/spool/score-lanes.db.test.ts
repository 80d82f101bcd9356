import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '#shared/log.ts';
import { SCORE_QUEUE } from '#shared/queue/names.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { scoreJobsOf } from './score-jobs-of.ts';
import { createScoreLanes } from './score-lanes.ts';

const BUSY_CALLS = 300;
const QUIET_CALLS = 5;

describe('a score queue that a busy key has filled', () => {
  let store: TestDatabase;
  let backend: QueueBackend;
  beforeAll(async () => {
    store = await createTestDatabase();
    backend = createQueueBackend({ log: createLog('test', 'silent') }, { databaseUrl: store.connectionString });
  });
  afterAll(async () => {
    await backend.close();
    await store.drop();
  });

  it('scores the calls of others before the backlog, and work that nobody waits for after it', async () => {
    const lanes = createScoreLanes({ now: () => 0 });
    const owner = new Map<string, string>();
    const callsOf = (keyId: string, count: number) =>
      Array.from({ length: count }, () => {
        const callId = randomUUID();
        owner.set(callId, keyId);
        return { projectId: 'p', callId, parentCallId: null, source: 'gateway', keyId, sessionId: 's' };
      });
    const queue = backend.openQueue(SCORE_QUEUE);
    await queue.addBulk(scoreJobsOf(callsOf('file', 1)));
    await queue.addBulk(scoreJobsOf(callsOf('busy', BUSY_CALLS), lanes));
    for (const key of ['ada', 'grace']) await queue.addBulk(scoreJobsOf(callsOf(key, QUIET_CALLS), lanes));
    const order: string[] = [];
    const worker = backend.openWorker(
      SCORE_QUEUE,
      async ({ data }) => {
        order.push(owner.get(data.callId) ?? '');
      },
      { concurrency: 1 },
    );
    await expect.poll(() => order.length, { timeout: 30_000 }).toBe(BUSY_CALLS + 2 * QUIET_CALLS + 1);
    await worker.close(5_000);
    const lastQuiet = Math.max(order.lastIndexOf('ada'), order.lastIndexOf('grace'));
    // Before it had sent more than usual, the busy key waited for nobody.
    expect(lastQuiet).toBeLessThan(50);
    expect(order.at(-1)).toBe('file');
  });
});
