import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../domain/call-record.ts';
import { sampleCallRecord } from '../../testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { verifyAuditChain } from '../audit-log.ts';
import { createCallStore } from '../call-store.ts';
import { createDatabase, createPool, type Database } from '../connect.ts';
import { loadCall } from '../load-call.ts';
import { insertScores } from '../score-store.ts';
import { holdErasures } from './erasure.ts';
import { previewPurge } from './preview-purge.ts';
import { purgeCalls } from './purge-calls.ts';

const PROJECT = 'default';

describe('purge', () => {
  let testDatabase: TestDatabase;
  let owner: Database;
  let admin: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const { connectionString } = testDatabase;
    owner = createDatabase(createPool({ connectionString, role: 'owner' }));
    admin = createDatabase(createPool({ connectionString, role: 'admin' }));
    await owner
      .insertInto('project')
      .values({ projectId: PROJECT, blockKey: Buffer.alloc(32, 1) })
      .execute();
  });
  afterAll(async () => {
    await owner.destroy();
    await admin.destroy();
    await testDatabase.drop();
  });

  const purge = (target: Parameters<typeof purgeCalls>[1]['target']) =>
    purgeCalls(admin, { projectId: PROJECT, target, actor: 'test' });
  const blocksWith = async (text: string): Promise<number> => {
    const { rows } = await sql<{ content: Buffer }>`SELECT content FROM block`.execute(owner);
    return rows.filter(({ content }) => content.includes(text)).length;
  };
  const turn = (session: string, texts: readonly string[], change: Partial<CallRecord['call']> = {}) =>
    sampleCallRecord({
      call: { sessionId: session, ...change },
      content: {
        request: {
          model: 'm',
          max_tokens: 1,
          system: 'shared by all sessions',
          messages: texts.map((text, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: text })),
        },
        response: { role: 'assistant', content: [{ type: 'text', text: `to ${texts.at(-1)}` }] },
        upstreamRaw: `raw of ${texts.at(-1)}`,
      },
    });

  it('says first what it would remove, and then removes that, and no block that another call still needs', async () => {
    const store = createCallStore(owner);
    const kept = turn('kept', ['hello']);
    const meant = turn('meant', ['secret-1', 'to secret-1', 'secret-2']);
    await store.store([kept, meant]);
    const counts = { calls: 1, sessions: 1, scores: 0, examples: 0, replays: 0, deadLetters: 0 };
    const target = { kind: 'session', value: 'meant' } as const;
    const expected = await previewPurge(admin, { projectId: PROJECT, target, startedBefore: new Date() });
    expect(expected).toMatchObject(counts);
    expect(await blocksWith('secret')).toBeGreaterThan(3);
    const report = await purge(target);
    expect(report).toMatchObject({ ...counts, blocks: expected.blocks });
    expect(report.vacuumed).toContain('block');
    expect(await blocksWith('secret')).toBe(0);
    expect(await loadCall(owner, PROJECT, meant.call.callId)).toBeNull();
    expect((await loadCall(owner, PROJECT, kept.call.callId))?.request).toEqual(kept.request);
    expect(await verifyAuditChain(owner, PROJECT)).toMatchObject({ valid: true, count: 1 });
  });

  it('books a session that loses its main call under what it has left', async () => {
    const store = createCallStore(owner);
    const started = Date.UTC(2025, 5, 2);
    const at = (seconds: number, turnShape: '4k-none-plan' | '16k-multi-plan') =>
      turn('shortened', ['x'], { startedAt: started + seconds * 1_000, turnShape });
    const [aside, main] = [at(0, '4k-none-plan'), at(1, '16k-multi-plan')];
    const [chat, followup] = [at(5, '4k-none-plan'), at(6, '16k-multi-plan')];
    await store.store([aside, main, chat, followup]);
    const mainCall = () => owner.selectFrom('session').select('mainCallId').where('sessionId', '=', 'shortened');
    expect(await mainCall().executeTakeFirst()).toEqual({ mainCallId: main.call.callId });
    await purge({ kind: 'before', before: new Date(started + 3_000) });
    expect(await mainCall().executeTakeFirst()).toEqual({ mainCallId: followup.call.callId });
  });

  it('stores again what it removed, in a process that still remembers it as stored', async () => {
    const store = createCallStore(owner);
    // All in one week, whose blocks the store remembers.
    const at = (seconds: number) =>
      turn('before', ['a common question'], { startedAt: Date.UTC(2025, 5, 4) + seconds * 1_000 });
    await store.store([at(0)]);
    await purge({ kind: 'before', before: new Date(Date.UTC(2025, 5, 4) + 2_000) });
    // What was sent by then is not kept, and what comes later in the same words is.
    const after = at(3);
    const refs = await store.store([at(1), after]);
    expect(refs.map(({ callId }) => callId)).toEqual([after.call.callId]);
    expect((await loadCall(owner, PROJECT, after.call.callId))?.request).toEqual(after.request);
  });

  it('counts a call that arrives too late once, however often it is delivered', async () => {
    const store = createCallStore(owner);
    const first = turn('twice', ['once']);
    await store.store([first]);
    await purge({ kind: 'developer', value: first.call.developer ?? '' });
    const late = turn('another', ['late'], { developer: first.call.developer });
    for (const records of [[late], [late, first], [first]]) expect(await store.store(records)).toEqual([]);
    const ids = [first.call.callId, late.call.callId];
    const noted = await owner.selectFrom('erasedCall').select('callId').where('callId', 'in', ids).execute();
    expect(noted).toHaveLength(2);
  });

  it('follows a conversation that is known by its history alone', async () => {
    const store = createCallStore(owner);
    const guessed = { sessionSource: 'call', developer: null } as const;
    const [first, second, third] = [
      turn('known', ['one'], { developer: null }),
      turn('x', ['one', 'to one', 'two'], guessed),
      turn('y', ['one', 'to one', 'two', 'to two', 'three'], guessed),
    ];
    const stranger = turn('z', ['one of another'], guessed);
    await store.store([first]);
    await purge({ kind: 'session', value: 'known' });
    expect((await store.store([second])).length).toBe(0);
    expect((await store.store([third, stranger])).map(({ callId }) => callId)).toEqual([stranger.call.callId]);
  });

  it('takes no score of a call that was erased while it was worked out', async () => {
    const store = createCallStore(owner);
    const meant = turn('scored late', ['quote me'], { developer: 'eve' });
    await store.store([meant]);
    await purge({ kind: 'developer', value: 'eve' });
    await insertScores(owner, [
      {
        ...{ projectId: PROJECT, callId: meant.call.callId, subjectType: 'call', subjectId: meant.call.callId },
        ...{ scorer: 's', scorerVersion: '1', pass: 'call', sample: 0, metric: 'toolUse', status: 'scored' },
        ...{ outcome: 'fail', value: 0, owner: 'provider', severity: 'error', confidence: null },
        ...{ samplingProbability: 1, evidence: [{ pointer: '/a', quote: 'quote me' }], explanation: 'quote me' },
        ...{ judge: null, costUsd: 0 },
      },
    ]);
    const rows = await owner.selectFrom('score').select('callId').where('callId', '=', meant.call.callId).execute();
    expect(rows).toEqual([]);
  });

  it('waits for a transaction that stores, and finds what it stored', async () => {
    const store = createCallStore(owner);
    const meant = turn('racing', ['in a transaction'], { developer: 'mallory' });
    let reached: () => void = () => {};
    let release: () => void = () => {};
    const isInside = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const mayGo = new Promise<void>((resolve) => {
      release = resolve;
    });
    const storing = store.store([meant], async () => {
      reached();
      await mayGo;
    });
    await isInside;
    const purging = purge({ kind: 'developer', value: 'mallory' });
    await expect.poll(() => isWaiting(owner), { timeout: 10_000 }).toBe(true);
    release();
    await storing;
    expect(await purging).toMatchObject({ calls: 1 });
    expect(await loadCall(owner, PROJECT, meant.call.callId)).toBeNull();
  });

  it('keeps the words that name a session out of the table of requests', async () => {
    await purge({ kind: 'session', value: 'a very private name' });
    const { rows } = await sql<{ text: string }>`SELECT erasure::text AS text FROM erasure`.execute(owner);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ text }) => text.includes('private'))).toEqual([]);
  });

  it('voids what was read of the store before', async () => {
    const generation = () => owner.transaction().execute(holdErasures);
    const before = await generation();
    expect(await generation()).toBe(before);
    await purge({ kind: 'before', before: new Date('2020-01-01') });
    expect(await generation()).toBeGreaterThan(before);
  });
});

/** Whether somebody waits for an advisory lock. */
async function isWaiting(database: Database): Promise<boolean> {
  const { rows } = await sql<{ waiting: boolean }>`
    SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted) AS waiting`.execute(database);
  return rows[0]?.waiting ?? false;
}
