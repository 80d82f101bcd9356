import { describe, expect, it } from 'vitest';
import type { Canonical, CanonicalBody } from '#shared/formats/canonical.ts';
import { parseOneByte } from '#shared/formats/one-byte-json.ts';
import type { RequestHeaders } from './session-id.ts';
import { createSessionMemory, type FoundSession, type SessionMemory } from './session-memory.ts';

const UUID = '0b5c7a3e-1111-4222-8333-444455556666';

function bodyOf(...messages: CanonicalBody['messages']): CanonicalBody {
  return { model: 'claude-x', messages };
}

function memoryAt(start = 0) {
  const time = { now: start };
  const options = { sessionHeader: 'x-conversation', idleMs: 600_000 };
  return { time, memory: createSessionMemory({ now: () => time.now }, options) };
}

function find(
  memory: SessionMemory,
  headers: RequestHeaders,
  body: CanonicalBody,
  keyId: string | null,
  callId: string,
): FoundSession {
  return memory.find({ headers, canonical: { body }, keyId, callId });
}

/** A body as the one-byte way parses it. */
function oneByte(body: CanonicalBody): Pick<Canonical, 'body' | 'isOneByte'> {
  const parsed = parseOneByte(Buffer.from(JSON.stringify(body)));
  if (parsed.type === 'unfit') throw new Error('the one-byte way does not take this');
  return { body: parsed.value as CanonicalBody, isOneByte: true };
}

const HELLO = bodyOf({ role: 'user', content: 'hello' });

describe('createSessionMemory', () => {
  it('takes the strongest source that the client gives', () => {
    const { memory } = memoryAt();
    const named = { ...HELLO, metadata: { user_id: JSON.stringify({ device_id: 'd', session_id: 'from-metadata' }) } };
    const headers = { 'x-claude-code-session-id': UUID, 'x-conversation': 'c-1' };
    expect(find(memory, headers, named, null, 'call')).toMatchObject({ sessionId: UUID, source: 'claude-code-header' });
    const { 'x-conversation': conversation } = headers;
    expect(find(memory, { 'x-conversation': conversation }, named, null, 'call')).toMatchObject({
      sessionId: 'from-metadata',
      source: 'metadata',
    });
    expect(find(memory, { 'x-conversation': 'c-1' }, HELLO, null, 'call')).toMatchObject({
      sessionId: 'c-1',
      source: 'configured-header',
    });
  });

  it('reads the older form of metadata.user_id', () => {
    const { memory } = memoryAt();
    const body = { ...HELLO, metadata: { user_id: `user_ab12_account_cd_session_${UUID}` } };
    expect(find(memory, {}, body, null, 'call')).toMatchObject({ sessionId: UUID, source: 'metadata' });
  });

  it('tells sessions of the older form apart by their user where their names are no UUIDs', () => {
    const { memory } = memoryAt();
    const sessionOf = (userId: string) =>
      find(memory, {}, { ...HELLO, metadata: { user_id: userId } }, null, 'call').sessionId;
    expect(sessionOf('user_ab_account__session_7')).toBe(sessionOf('user_ab_account__session_7'));
    expect(sessionOf('user_ab_account__session_7')).not.toBe(sessionOf('user_cd_account__session_7'));
    expect(sessionOf('user_ab_account__session_7')).not.toBe(sessionOf('user_ab_account__session_8'));
    expect(find(memory, {}, { ...HELLO, metadata: { user_id: 'user_ab' } }, null, 'call').source).toBe('fingerprint');
  });

  it.each(['a b', 'x'.repeat(500), 'naïve', 'a\u0000b'])(
    'replaces the odd session name %j by a steady hash',
    (name) => {
      const { memory } = memoryAt();
      const { sessionId } = find(memory, { 'x-claude-code-session-id': name }, HELLO, null, 'call');
      expect(sessionId).toMatch(/^[0-9a-f]{32}$/);
      expect(find(memory, { 'x-claude-code-session-id': name }, HELLO, null, 'other').sessionId).toBe(sessionId);
    },
  );

  it('knows a conversation by its transcript, however the client dresses up what was answered', () => {
    const { memory } = memoryAt();
    const first = find(memory, {}, HELLO, 'key-1', 'call-1');
    const answer = [
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'Reading.', citations: null },
      { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } },
    ];
    memory.remember(first, answer);
    const next = bodyOf(
      { role: 'user', content: [{ type: 'text', text: 'hello', cache_control: { type: 'ephemeral' } }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Reading.' },
          { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' }, cache_control: { type: 'ephemeral' } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'alpha' }] },
    );
    expect(find(memory, {}, next, 'key-1', 'call-2')).toMatchObject({
      sessionId: first.sessionId,
      source: 'transcript',
    });
    expect(find(memory, {}, next, 'key-2', 'call-3').source).toBe('fingerprint');
  });

  it('joins equal beginnings only within the idle time, and never those of two keys', () => {
    const { memory, time } = memoryAt();
    const first = find(memory, {}, HELLO, 'key-1', 'call-1');
    expect(first).toMatchObject({ sessionId: 'call-1', source: 'fingerprint' });
    time.now += 500_000;
    expect(find(memory, {}, HELLO, 'key-1', 'call-2').sessionId).toBe('call-1');
    expect(find(memory, {}, HELLO, 'key-2', 'call-3').sessionId).toBe('call-3');
    time.now += 700_000;
    expect(find(memory, {}, HELLO, 'key-1', 'call-4').sessionId).toBe('call-4');
  });

  it('leaves the attribution line, which changes between calls, out of the beginning', () => {
    const { memory } = memoryAt();
    const withLine = (line: string): CanonicalBody => ({
      ...HELLO,
      system: [
        { type: 'text', text: `x-anthropic-billing-header: ${line}` },
        { type: 'text', text: 'Be brief.' },
      ],
    });
    const first = find(memory, {}, withLine('a'), null, 'call-1');
    expect(find(memory, {}, withLine('b'), null, 'call-2').sessionId).toBe(first.sessionId);
  });

  it('has nothing but the call to go by when the user has said nothing', () => {
    const { memory } = memoryAt();
    const body = bodyOf({ role: 'user', content: [] });
    expect(find(memory, {}, body, null, 'call-1')).toMatchObject({ sessionId: 'call-1', source: 'call' });
  });

  it('knows a conversation in whichever of the two ways its requests were parsed', () => {
    const answer = [{ type: 'text', text: 'Gern – hier: 猫' }];
    const opening = bodyOf({ role: 'user', content: 'Grüße, 你好' });
    const next = bodyOf(
      ...opening.messages,
      { role: 'assistant', content: 'Gern – hier: 猫' },
      { role: 'user', content: 'Weiter …' },
    );
    for (const [first, second] of [
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const { memory } = memoryAt();
      const request = { headers: {}, keyId: 'key-1' };
      const begun = memory.find({
        ...request,
        canonical: first ? oneByte(opening) : { body: opening },
        callId: 'a',
      });
      const again = memory.find({
        ...request,
        canonical: second ? oneByte(opening) : { body: opening },
        callId: 'b',
      });
      expect(again.sessionId).toBe(begun.sessionId);
      memory.remember(begun, answer);
      const found = memory.find({ ...request, canonical: second ? oneByte(next) : { body: next }, callId: 'c' });
      expect(found).toMatchObject({ sessionId: begun.sessionId, source: 'transcript' });
    }
  });

  it('tells conversations apart that differ in one character', () => {
    const { memory } = memoryAt();
    const begun = find(memory, {}, bodyOf({ role: 'user', content: 'é' }), null, 'call-1');
    expect(find(memory, {}, bodyOf({ role: 'user', content: 'è' }), null, 'call-2').sessionId).not.toBe(
      begun.sessionId,
    );
  });
});
