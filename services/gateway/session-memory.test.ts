import { describe, expect, it } from 'vitest';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { createSessionMemory } from './session-memory.ts';

const UUID = '0b5c7a3e-1111-4222-8333-444455556666';

function bodyOf(...messages: CanonicalBody['messages']): CanonicalBody {
  return { model: 'claude-x', messages };
}

function memoryAt(start = 0) {
  const time = { now: start };
  const options = { sessionHeader: 'x-conversation', idleMs: 600_000 };
  return { time, memory: createSessionMemory({ now: () => time.now }, options) };
}

const HELLO = bodyOf({ role: 'user', content: 'hello' });

describe('createSessionMemory', () => {
  it('takes the strongest source that the client gives', () => {
    const { memory } = memoryAt();
    const named = { ...HELLO, metadata: { user_id: JSON.stringify({ device_id: 'd', session_id: 'from-metadata' }) } };
    const headers = { 'x-claude-code-session-id': UUID, 'x-conversation': 'c-1' };
    expect(memory.find(headers, named, null, 'call')).toEqual({ sessionId: UUID, source: 'claude-code-header' });
    const { 'x-conversation': conversation } = headers;
    expect(memory.find({ 'x-conversation': conversation }, named, null, 'call')).toEqual({
      sessionId: 'from-metadata',
      source: 'metadata',
    });
    expect(memory.find({ 'x-conversation': 'c-1' }, HELLO, null, 'call')).toEqual({
      sessionId: 'c-1',
      source: 'configured-header',
    });
  });

  it('reads the older form of metadata.user_id', () => {
    const { memory } = memoryAt();
    const body = { ...HELLO, metadata: { user_id: `user_ab12_account_cd_session_${UUID}` } };
    expect(memory.find({}, body, null, 'call')).toEqual({ sessionId: UUID, source: 'metadata' });
  });

  it.each(['a b', 'x'.repeat(500), 'naïve', 'a\u0000b'])(
    'replaces the odd session name %j by a steady hash',
    (name) => {
      const { memory } = memoryAt();
      const { sessionId } = memory.find({ 'x-claude-code-session-id': name }, HELLO, null, 'call');
      expect(sessionId).toMatch(/^[0-9a-f]{32}$/);
      expect(memory.find({ 'x-claude-code-session-id': name }, HELLO, null, 'other').sessionId).toBe(sessionId);
    },
  );

  it('knows a conversation by its transcript, however the client dresses up what was answered', () => {
    const { memory } = memoryAt();
    const first = memory.find({}, HELLO, 'key-1', 'call-1');
    const answer = [
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'Reading.', citations: null },
      { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } },
    ];
    memory.remember(first, HELLO, 'key-1', answer);
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
    expect(memory.find({}, next, 'key-1', 'call-2')).toEqual({ sessionId: first.sessionId, source: 'transcript' });
    expect(memory.find({}, next, 'key-2', 'call-3').source).toBe('fingerprint');
  });

  it('joins equal beginnings only within the idle time, and never those of two keys', () => {
    const { memory, time } = memoryAt();
    const first = memory.find({}, HELLO, 'key-1', 'call-1');
    expect(first).toEqual({ sessionId: 'call-1', source: 'fingerprint' });
    time.now += 500_000;
    expect(memory.find({}, HELLO, 'key-1', 'call-2').sessionId).toBe('call-1');
    expect(memory.find({}, HELLO, 'key-2', 'call-3').sessionId).toBe('call-3');
    time.now += 700_000;
    expect(memory.find({}, HELLO, 'key-1', 'call-4').sessionId).toBe('call-4');
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
    const first = memory.find({}, withLine('a'), null, 'call-1');
    expect(memory.find({}, withLine('b'), null, 'call-2').sessionId).toBe(first.sessionId);
  });

  it('has nothing but the call to go by when the user has said nothing', () => {
    const { memory } = memoryAt();
    const body = bodyOf({ role: 'user', content: [] });
    expect(memory.find({}, body, null, 'call-1')).toEqual({ sessionId: 'call-1', source: 'call' });
  });
});
