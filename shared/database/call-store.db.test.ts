import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../domain/call-record.ts';
import { sampleCallRecord } from '../testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { type CallStore, createCallStore } from './call-store.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { isRefusedData } from './is-refused-data.ts';
import { loadCall, loadCalls, loadNextCall, loadSessionCalls } from './load-call.ts';

let testDatabase: TestDatabase;
let database: Database;
let store: CallStore;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'gateway' }));
  const owner = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
  await owner
    .insertInto('project')
    .values([
      { projectId: 'default', blockKey: Buffer.alloc(32, 1) },
      { projectId: 'measured', blockKey: Buffer.alloc(32, 2) },
    ])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await owner.destroy();
  store = createCallStore(database);
});
afterAll(async () => {
  await database.destroy();
  await testDatabase.drop();
});

const sessionRow = (sessionId: string) =>
  database.selectFrom('session').selectAll().where('sessionId', '=', sessionId).executeTakeFirstOrThrow();

/** An agent's session: every request re-sends all that was said, with the breakpoint on its last block. */
function agentSession(turns: number, change: { projectId?: string; sessionId?: string; guessed?: boolean } = {}) {
  const { projectId = 'default', sessionId = 'agent' } = change;
  const history: { role: string; content: Record<string, unknown>[] }[] = [];
  const records: CallRecord[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const asked: Record<string, unknown> =
      turn === 0
        ? { type: 'text', text: 'Fix the failing test.' }
        : { type: 'tool_result', tool_use_id: `toolu_${turn - 1}`, content: words(turn, 120) };
    history.push({ role: 'user', content: [asked] });
    const content = [
      { type: 'text', text: words(turn + 1_000, 15), citations: null },
      { type: 'tool_use', id: `toolu_${turn}`, name: 'read', input: { path: `src/file-${turn}.ts`, from: turn } },
    ];
    const messages = history.map((message, index) =>
      index < history.length - 1
        ? message
        : { ...message, content: [{ ...message.content[0], cache_control: { type: 'ephemeral' } }] },
    );
    records.push(
      sampleCallRecord({
        call: {
          projectId,
          ...(change.guessed === true
            ? { sessionId: `guess-${turn}`, sessionSource: turn === 0 ? 'metadata' : 'fingerprint' }
            : { sessionId }),
        },
        content: {
          request: {
            model: 'claude-sonnet-4-5',
            max_tokens: 8_192,
            stream: true,
            system: [{ type: 'text', text: words(0, 400), cache_control: { type: 'ephemeral' } }],
            messages: structuredClone(messages),
            tools: ['read', 'write', 'run'].map((name) => ({ name, description: words(9, 60), input_schema: {} })),
          },
          response: { id: `msg_${turn}`, type: 'message', role: 'assistant', content, stop_reason: 'tool_use' },
          upstreamRaw: null,
        },
      }),
    );
    // As clients do, the answer is sent back without its null fields.
    history.push({
      role: 'assistant',
      content: content.map(({ citations: _citations, ...block }: Record<string, unknown>) => block),
    });
  }
  return records;
}

/** Text that compresses about as prose does: different words, in an order that does not repeat. */
function words(seed: number, count: number): string {
  let state = (seed + 1) * 2_654_435_761;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return `w${(state >> 8) % 5_000}`;
  }).join(' ');
}

describe('storing a call', () => {
  it('gives back the call, its request, its answer and the raw reply', async () => {
    const record = sampleCallRecord({ content: { upstreamRaw: 'data: {"\u0000":"\ud800"}\n\n' } });
    await store.store([record]);
    const loaded = await loadCall(database, 'default', record.call.callId);
    expect(loaded?.call).toMatchObject(record.call);
    expect(loaded).toMatchObject({
      request: record.request,
      response: record.response,
      upstreamRaw: record.upstreamRaw,
    });
  });

  it('keeps NUL and lone surrogates of content exactly, and makes those of columns storable', async () => {
    const record = sampleCallRecord({
      call: { developer: 'a\u0000b', sessionId: 'odd\u0000\ud800', errorType: '\udfff' },
      content: { request: { messages: [{ role: 'user', content: 'a\u0000\ud800b' }] } },
    });
    const [stored] = await store.store([record]);
    const loaded = await loadCall(database, 'default', record.call.callId);
    expect(loaded?.request).toEqual(record.request);
    expect(loaded?.call.developer).toBe('a\uFFFDb');
    expect(await sessionRow(stored!.sessionId)).toMatchObject({ callCount: 1 });
    expect(await loadSessionCalls(database, 'default', record.call.sessionId)).toHaveLength(1);
  });

  it('stores what was captured and no more', async () => {
    const record = sampleCallRecord({ content: { request: null, response: null, upstreamRaw: null } });
    await store.store([record]);
    const loaded = await loadCall(database, 'default', record.call.callId);
    expect(loaded).toMatchObject({ request: null, response: null, upstreamRaw: null });
    expect(loaded?.call.transcriptHead).toBeNull();
  });

  it('changes nothing when calls are delivered again, alone, together with others or twice in one batch', async () => {
    const [first, second, third] = agentSession(3, { sessionId: 'again' });
    await store.store([first!, second!]);
    const before = await sessionRow('again');
    const again = await store.store([second!, first!, first!]);
    expect(again.map(({ isNew }) => isNew)).toEqual([false, false]);
    expect(await sessionRow('again')).toEqual(before);
    // Another process, which remembers nothing of the first.
    await createCallStore(database).store([first!, second!, third!]);
    expect(await sessionRow('again')).toMatchObject({
      callCount: 3,
      firstCallId: first!.call.callId,
      lastCallId: third!.call.callId,
    });
    expect((await sessionRow('again')).costUsd).toBeCloseTo(0.003);
  });

  it('lets the earliest call decide about its session, in whatever order calls arrive', async () => {
    const [first, second] = agentSession(2, { sessionId: 'disorder' });
    const early = {
      ...first!,
      call: { ...first!.call, turnShape: '16k-single-edit' as const, variant: 'canary' as const },
    };
    await store.store([second!]);
    await store.store([early]);
    expect(await sessionRow('disorder')).toMatchObject({
      turnShape: '16k-single-edit',
      variant: 'canary',
      firstCallId: early.call.callId,
      lastCallId: second!.call.callId,
      callCount: 2,
    });
  });

  it('books a session under its conversation with tools, whatever was asked beside it and in whatever order calls arrive', async () => {
    const [title, main, , later] = agentSession(4);
    const topic = agentSession(1)[0]!;
    const unrouted = { attempts: [], responseModel: null };
    const aside = { ...unrouted, turnShape: '4k-none-plan' as const, requestModel: 'small' };
    const asked = { ...unrouted, turnShape: '16k-multi-plan' as const, requestModel: 'large' };
    const inSession = (sessionId: string) => [
      { ...title!, call: { ...title!.call, ...aside, sessionId } },
      { ...main!, call: { ...main!.call, ...asked, sessionId } },
      { ...later!, call: { ...later!.call, ...asked, turnShape: '16k-multi-edit' as const, sessionId } },
      { ...topic, call: { ...topic.call, ...aside, sessionId } },
    ];
    for (const [name, order] of Object.entries({ forth: [0, 1, 2, 3], back: [3, 2, 1, 0], mixed: [2, 0, 3, 1] })) {
      for (const together of [false, true]) {
        const records = inSession(`${name}-${together}`).map((record) => ({
          ...record,
          call: { ...record.call, callId: sampleCallRecord().call.callId },
        }));
        const given = order.map((index) => records[index]!);
        if (together) await store.store(given);
        else for (const record of given) await store.store([record]);
        expect(await sessionRow(`${name}-${together}`)).toMatchObject({
          ...{ firstCallId: records[0]!.call.callId, lastCallId: records[3]!.call.callId, callCount: 4 },
          ...{ mainCallId: records[1]!.call.callId, turnShape: '16k-multi-plan', model: 'large' },
        });
      }
    }
  });

  it('books a session without tools under its first call', async () => {
    const [first, second] = agentSession(2, { sessionId: 'chat' });
    const shaped = (record: CallRecord, turnShape: '4k-none-plan' | '64k-none-plan') => ({
      ...record,
      call: { ...record.call, turnShape },
    });
    await store.store([shaped(second!, '64k-none-plan')]);
    await store.store([shaped(first!, '4k-none-plan')]);
    expect(await sessionRow('chat')).toMatchObject({ turnShape: '4k-none-plan', mainCallId: first!.call.callId });
  });

  it('goes by the first call where a session is from before its main call was written down', async () => {
    const [first, second] = agentSession(2, { sessionId: 'before' });
    const turnShape = '16k-multi-plan';
    await store.store([{ ...first!, call: { ...first!.call, turnShape } }]);
    await sql`UPDATE session SET main_call_id = NULL WHERE session_id = 'before'`.execute(database);
    await store.store([{ ...second!, call: { ...second!.call, turnShape: '200k-multi-edit' } }]);
    expect(await sessionRow('before')).toMatchObject({ turnShape, mainCallId: null, callCount: 2 });
  });

  it('books a session under the model that it was routed to, whoever stepped in', async () => {
    const attempt = { startedAtMs: 1, durationMs: 1 };
    const attempts = [
      { ...attempt, provider: 'openai', model: 'routed-to', outcome: 'http_error' as const, httpStatus: 529 },
      { ...attempt, provider: 'vllm', model: 'fallback', outcome: 'ok' as const },
    ];
    const record = sampleCallRecord({ call: { sessionId: 'stepped-in', provider: 'vllm', attempts } });
    await store.store([record]);
    expect(await sessionRow('stepped-in')).toMatchObject({ model: 'routed-to', provider: 'openai' });
  });

  it('opens a closed session again, because its quality is about to change', async () => {
    const [first, second] = agentSession(2, { sessionId: 'reopened' });
    await store.store([first!]);
    await sql`UPDATE session SET closed_at = now(), quality = 1 WHERE session_id = 'reopened'`.execute(database);
    await store.store([second!]);
    expect(await sessionRow('reopened')).toMatchObject({ closedAt: null, callCount: 2 });
  });

  it('joins calls with a guessed session by what they continue, over batches', async () => {
    const records = agentSession(6, { guessed: true });
    for (const batch of [records.slice(0, 2), records.slice(2, 3), records.slice(3)]) await store.store(batch);
    const loaded = await loadSessionCalls(database, 'default', 'guess-0');
    expect(loaded.map(({ call }) => call.callId)).toEqual(records.map(({ call }) => call.callId));
    expect(loaded.slice(1).map(({ call }) => call.sessionSource)).toEqual(Array(5).fill('transcript'));
    expect(loaded.map(({ call }) => call.parentCallId)).toEqual([
      null,
      ...records.slice(0, 5).map(({ call }) => call.callId),
    ]);
    expect((await loadNextCall(database, 'default', records[1]!.call.callId))?.call.callId).toBe(
      records[2]!.call.callId,
    );
    expect(await loadNextCall(database, 'default', records[5]!.call.callId)).toBeNull();
  });

  it('refuses a record that can never be stored, and nothing of its batch is left behind', async () => {
    const good = sampleCallRecord();
    const bad = sampleCallRecord({ call: { inputTokensEstimate: 3_000_000_000 } });
    const error = await store.store([good, bad]).catch((thrown: unknown) => thrown);
    expect(isRefusedData(error)).toBe(true);
    expect(await loadCall(database, 'default', good.call.callId)).toBeNull();
    // What the failed transaction wrote is not taken for stored.
    await store.store([good]);
    expect((await loadCall(database, 'default', good.call.callId))?.request).toEqual(good.request);
  });

  it.each([
    ['an unknown project', sampleCallRecord({ call: { projectId: 'nobody' } })],
    ['an id of another time', sampleCallRecord({ call: { callId: '123e4567-e89b-42d3-a456-426614174000' } })],
  ])('refuses a call with %s', async (_what, record) => {
    const error = await store.store([record]).catch((thrown: unknown) => thrown);
    expect(isRefusedData(error)).toBe(true);
  });

  it('takes a lost connection for the store’s trouble and not the record’s', async () => {
    const gone = createDatabase(
      createPool({ connectionString: 'postgres://trimtab@127.0.0.1:1/none', role: 'gateway' }),
    );
    const error = await createCallStore(gone)
      .store([sampleCallRecord()])
      .catch((thrown: unknown) => thrown);
    await gone.destroy();
    expect(error).toBeInstanceOf(Error);
    expect(isRefusedData(error)).toBe(false);
  });
});

describe('a request of ten thousand messages', () => {
  it('is read back before its statement is given up', async () => {
    const messages = Array.from({ length: 10_001 }, (_value, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `message ${index}`,
    }));
    const request = { model: 'claude-sonnet-5', max_tokens: 50, messages };
    const record = sampleCallRecord({ content: { request } });
    await store.store([record]);
    const stored = await loadCall(database, record.call.projectId, record.call.callId);
    expect(stored?.request).toEqual(request);
  });
});

describe('a session of fifty turns', () => {
  it('costs storage in proportion to what was said, not to what was sent', async () => {
    const records = agentSession(50, { projectId: 'measured', sessionId: 'long' });
    await store.store(records.slice(0, 30));
    await store.store(records.slice(30));
    const sent = records.reduce((sum, { request }) => sum + JSON.stringify(request).length, 0);
    const said = JSON.stringify(records.at(-1)?.request).length;
    const { rows } = await sql<{ plain: number; packed: number; nodes: number; layouts: number }>`
      SELECT (SELECT sum(content_bytes) FROM block WHERE project_id = 'measured')::int AS plain,
        (SELECT sum(length(content)) FROM block WHERE project_id = 'measured')::int AS packed,
        (SELECT count(*) FROM transcript_node WHERE project_id = 'measured')::int AS nodes,
        (SELECT sum(pg_column_size(transcript_layout)) FROM call WHERE project_id = 'measured')::int AS layouts`.execute(
      database,
    );
    const { plain, packed, nodes, layouts } = rows[0]!;
    process.stdout.write(
      `50 turns: ${sent} bytes sent, ${said} bytes in the last request, ${plain} bytes in blocks ` +
        `(${packed} packed), ${nodes} nodes, ${layouts} bytes of layout: ${(sent / plain).toFixed(1)} times less than sent\n`,
    );
    // One system block, three tools, and per turn one user block and two answer blocks.
    expect(nodes).toBe(1 + 3 + 50 * 3);
    expect(plain).toBeLessThan(1.5 * said);
    expect(plain).toBeLessThan(sent / 15);
    expect(layouts).toBeLessThan(50 * 700);
    const loaded = await loadSessionCalls(database, 'measured', 'long');
    expect(loaded.map(({ request }) => request)).toEqual(records.map(({ request }) => request));
    expect(loaded.map(({ response }) => response)).toEqual(records.map(({ response }) => response));
  });

  it('is read call by call in any order, from the store and from memory, as it is read at once', async () => {
    const records = agentSession(50, { sessionId: 'piecemeal' });
    await store.store(records);
    for (const order of [[49, 0, 25, 26, 49], [0, 10, 9, 40, 49, 48], [...records.keys()]]) {
      const fresh = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'evaluator' }));
      for (const at of order) {
        const { request, response, call } = records[at]!;
        const [loaded] = await loadCalls(fresh, 'default', [{ callId: call.callId, withNext: true }]);
        expect(loaded?.stored).toMatchObject({ request, response });
        expect(loaded?.next?.request).toEqual(records[at + 1]?.request);
      }
      await fresh.destroy();
    }
  });
});
