import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, runStatement, type TestDatabase } from '#shared/testing/test-database.ts';
import { migrateQueue } from './migrate-queue.ts';
import { SCORE_QUEUE, scoreJobId } from './names.ts';
import { createQueueBackend } from './queue-backend.ts';

const callId = '019a0000-0000-7000-8000-000000000000';
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await runStatement(database.connectionString, 'drop schema if exists bullmq cascade');
});
afterAll(async () => {
  await database.drop();
});

test('several processes may migrate the queue at once and again, and a queue that waited for it then opens', async () => {
  const log = { info: () => {}, warn: () => {} };
  const backend = createQueueBackend({ log }, { databaseUrl: database.connectionString });
  const queue = backend.openQueue(SCORE_QUEUE);
  await expect(queue.counts()).rejects.toMatchObject({ code: 'store_unavailable' });
  const migrations = Array.from({ length: 3 }, () => migrateQueue(database.connectionString));
  await Promise.all(migrations);
  const job = { v: 1, projectId: 'default', callId, pass: 'call' } as const;
  await queue.add({ id: scoreJobId(callId, 'call'), data: job });
  await migrateQueue(database.connectionString);
  expect((await queue.counts()).waiting).toBe(1);
  await backend.close();
});

test('a database that does not answer is store_unavailable', async () => {
  await expect(migrateQueue('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({ code: 'store_unavailable' });
});
