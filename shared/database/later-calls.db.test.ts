import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidV7 } from '../domain/call-id.ts';
import type { CallRecord } from '../domain/call-record.ts';
import { sampleCallRecord } from '../testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createCallStore } from './call-store.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { findClientRetries, findSessionRetries } from './find-client-retries.ts';
import { LATER_CALLS_MAX } from './later-calls.ts';
import { loadCalls, loadNextCall } from './load-call.ts';

const STARTED_AT = Date.UTC(2026, 0, 7, 12);
/** Milliseconds after the first call; the calls between stand one millisecond apart. */
const LAST_AFTER_MS = LATER_CALLS_MAX + 1_000;
let store: TestDatabase;
let database: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  database = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
  await database
    .insertInto('project')
    .values({ projectId: 'default', blockKey: randomBytes(32) })
    .execute();
});
afterAll(async () => {
  await database.destroy();
  await store.drop();
});

function callOf(sessionId: string, afterMs: number, content: Partial<Pick<CallRecord, 'request' | 'response'>>) {
  const startedAt = STARTED_AT + afterMs;
  return sampleCallRecord({ call: { sessionId, startedAt, callId: uuidV7(startedAt, randomBytes(10)) }, content });
}

/** Puts copies of a call that has nothing to do with the others between the first call and the last one. */
async function addBetween(sessionId: string, count: number, fromMs: number): Promise<void> {
  const stranger = callOf(sessionId, fromMs, {});
  await createCallStore(database).store([stranger]);
  const copies = Array.from({ length: count - 1 }, (_value, index) =>
    uuidV7(STARTED_AT + fromMs + 1 + index, randomBytes(10)),
  );
  await sql`INSERT INTO call SELECT (jsonb_populate_record(call, jsonb_build_object('call_id', copy_id))).*
    FROM call, unnest(${copies}::uuid[]) AS copy_id WHERE call_id = ${stranger.call.callId}`.execute(database);
}

describe('what came of a call', () => {
  it.each([
    ['of the last call that is looked at', LATER_CALLS_MAX - 1, true],
    ['no more of the one behind it', LATER_CALLS_MAX, false],
  ])('is told %s', async (sessionId, between, isTold) => {
    const messages = [{ role: 'user', content: `What is in ${sessionId}?` }];
    const request = { model: 'claude-sonnet-4-5', max_tokens: 100, messages };
    const first = callOf(sessionId, 0, { request });
    const { response } = first;
    const answer = { role: 'assistant', content: response?.['content'] };
    const goesOn = { ...request, messages: [...messages, answer, { role: 'user', content: 'And now?' }] };
    const calls = createCallStore(database);
    await calls.store([first]);
    await addBetween(sessionId, between, 1);
    const { callId } = first.call;

    const again = callOf(sessionId, LAST_AFTER_MS, { request });
    await calls.store([again]);
    const [retry] = await findClientRetries(database, 'default', [callId]);
    expect(retry?.callId).toBe(isTold ? again.call.callId : undefined);
    // Whoever reads the session as a whole knows it in any case.
    const retries = await findSessionRetries(database, 'default', sessionId);
    expect(retries.get(callId)).toMatchObject({ callId: again.call.callId, afterMs: LAST_AFTER_MS });

    // The same place in the row, counted by what is there.
    await database.deleteFrom('call').where('callId', '=', again.call.callId).execute();
    const next = callOf(sessionId, LAST_AFTER_MS, { request: goesOn });
    await calls.store([next]);
    expect((await loadNextCall(database, 'default', callId))?.call.callId).toBe(isTold ? next.call.callId : undefined);
    const [known] = await loadCalls(database, 'default', [{ callId, withNext: true, nextCallId: next.call.callId }]);
    expect(known?.next?.call.callId).toBe(next.call.callId);
  });
});
