import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallStore } from '#shared/database/call-store.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { createKeyStore } from '#shared/database/key-store.ts';
import { unpackBlock } from '#shared/database/transcript/block-content.ts';
import type { CaptureMode } from '#shared/domain/call.ts';
import { createLog } from '#shared/log.ts';
import { SCORE_QUEUE } from '#shared/queue/names.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { createScoreLanes } from '#shared/spool/score-lanes.ts';
import { seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createServer } from '../server.ts';

const PROJECT = 'reported';
const log = createLog('ingest-test', 'silent');
const record = {
  startedAt: Date.UTC(2026, 10, 1),
  durationMs: 900,
  clientFormat: 'anthropic-messages',
  request: {
    model: 'claude-sonnet-5',
    max_tokens: 10,
    messages: [{ role: 'user', content: 'mail me at ada@example.org' }],
  },
};

describe('POST /ingest/queue-hook', () => {
  let store: TestDatabase;
  let admin: Database;
  let database: Database;
  let backend: QueueBackend;

  beforeAll(async () => {
    store = await createTestDatabase();
    admin = createDatabase(createPool({ connectionString: store.connectionString, role: 'admin' }));
    database = createDatabase(createPool({ connectionString: store.connectionString, role: 'evaluator' }));
    backend = createQueueBackend({ log }, { databaseUrl: store.connectionString });
    await seedProject(admin, PROJECT);
  });
  afterAll(async () => {
    await backend.close();
    await database.destroy();
    await admin.destroy();
    await store.drop();
  });

  function serverOf(capture: CaptureMode) {
    return createServer({
      registry: new Registry(),
      readiness: async () => ({}),
      log,
      hook: {
        callStore: createCallStore(database),
        queue: backend.openQueue(SCORE_QUEUE),
        lanes: createScoreLanes({ now: Date.now }),
        capture,
      },
      keys: createKeyStore(database),
      projectId: PROJECT,
    });
  }
  const post = (server: ReturnType<typeof serverOf>, body: object, headers: Record<string, string> = {}) =>
    server.inject({
      method: 'POST',
      url: '/ingest/queue-hook',
      payload: body,
      headers: { host: 'localhost', ...headers },
    });

  it('takes a record as an object or as text, once', async () => {
    const server = serverOf('full');
    const first = await post(server, { v: 1, callId: 'theirs', record });
    expect(first.statusCode).toBe(202);
    expect(first.json()).toEqual({ callId: expect.any(String), isNew: true });
    const again = await post(server, { v: 1, callId: 'theirs', record: JSON.stringify(record) });
    expect(again.json()).toEqual({ ...first.json(), isNew: false });
    const queue = backend.openQueue(SCORE_QUEUE);
    expect((await queue.counts()).prioritized).toBe(1);
  });

  it.each(['redacted', 'metadata', 'none'] as const)('keeps no more of the content than %s allows', async (capture) => {
    const { callId } = (await post(serverOf(capture), { v: 1, callId: `for-${capture}`, record })).json();
    const stored = await admin.selectFrom('call').selectAll().where('callId', '=', callId).executeTakeFirst();
    if (capture === 'none') expect([callId, stored]).toEqual([null, undefined]);
    else expect(stored).toMatchObject({ capture, source: 'hook' });
    const blocks = await admin.selectFrom('block').selectAll().execute();
    const texts = await Promise.all(
      blocks.filter(({ kind }) => kind !== 'reply').map(({ content }) => unpackBlock(content, 1_000_000)),
    );
    expect(texts.filter((text) => text.includes('ada@example.org'))).toHaveLength(1);
  });

  it('names what is wrong', async () => {
    const reply = await post(serverOf('full'), { v: 1, callId: 'bad', record: { ...record, durationMs: -1 } });
    expect(reply.statusCode).toBe(400);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect(reply.json()).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining('durationMs') });
  });

  it('opens to any program of this machine before the first key, and to keys of the project after it', async () => {
    const server = serverOf('full');
    const remote = { 'x-forwarded-for': '203.0.113.7' };
    expect((await post(server, { v: 1, callId: 'far', record }, remote)).statusCode).toBe(401);
    const { secret, keyId } = await createKeyStore(admin).create({ projectId: PROJECT, name: 'litellm' });
    expect((await post(server, { v: 1, callId: 'near', record })).statusCode).toBe(401);
    const taken = await post(server, { v: 1, callId: 'far', record }, { ...remote, authorization: `Bearer ${secret}` });
    expect(taken.statusCode).toBe(202);
    const stored = await admin.selectFrom('call').select('keyId').where('callId', '=', taken.json().callId).execute();
    expect(stored).toEqual([{ keyId }]);
  });

  it('publishes the schema to everybody', async () => {
    const reply = await serverOf('full').inject({ method: 'GET', url: '/schemas/queue-hook.v1.json' });
    expect(reply.json()).toMatchObject({ required: ['v', 'callId', 'record'], $defs: { record: { type: 'object' } } });
  });
});
