import { describe, expect, it } from 'vitest';
import type { Call } from '../domain/call.ts';
import { sampleCallRecord } from '../testing/sample-call-record.ts';
import { type ArrivingCall, resolveSessions } from './resolve-sessions.ts';

const node = (name: string) => Buffer.from(name);
const call = (change: Partial<Call> = {}) => sampleCallRecord({ call: change }).call;
const arriving = (change: Partial<ArrivingCall> & { call: Call }): ArrivingCall => ({
  responseNode: null,
  continuedNode: null,
  toolUseKey: null,
  continuedToolUseKey: null,
  continued: undefined,
  stored: undefined,
  ...change,
});

describe('the session of a call', () => {
  it('is the continued call’s when its own is only guessed', () => {
    const parent = call({ sessionId: 'a' });
    const child = call({ sessionId: 'guess', sessionSource: 'fingerprint' });
    const grandchild = call({ sessionId: 'guess2', sessionSource: 'call' });
    const [, second, third] = resolveSessions([
      arriving({ call: parent, responseNode: node('1') }),
      arriving({ call: child, continuedNode: node('1'), responseNode: node('2') }),
      arriving({ call: grandchild, continuedNode: node('2') }),
    ]);
    expect(second).toMatchObject({ sessionId: 'a', sessionSource: 'transcript', parentCallId: parent.callId });
    expect(third).toMatchObject({ sessionId: 'a', sessionSource: 'transcript', parentCallId: child.callId });
  });

  it('stays its own when the client named it, and the continued call is still known', () => {
    const child = call({ sessionId: 'named', sessionSource: 'metadata' });
    const parent = { callId: call().callId, sessionId: 'other' };
    const [resolved] = resolveSessions([arriving({ call: child, continuedNode: node('1'), continued: parent })]);
    expect(resolved).toMatchObject({ sessionId: 'named', sessionSource: 'metadata', parentCallId: parent.callId });
  });

  it('prefers a call of the same session to a newer one with the same answer', () => {
    const own = call({ sessionId: 'a' });
    const other = call({ sessionId: 'b' });
    const child = call({ sessionId: 'a' });
    const resolved = resolveSessions([
      arriving({ call: own, responseNode: node('1') }),
      arriving({ call: other, responseNode: node('1') }),
      arriving({ call: child, continuedNode: node('1') }),
    ]);
    expect(resolved[2]?.parentCallId).toBe(own.callId);
  });

  it('is never taken from another key, however alike the conversations are', () => {
    const parent = call({ sessionId: 'a', keyId: '019b0000-0000-7000-8000-000000000001' });
    const child = call({ sessionId: 'guess', sessionSource: 'call', keyId: '019b0000-0000-7000-8000-000000000002' });
    const resolved = resolveSessions([
      arriving({ call: parent, responseNode: node('1') }),
      arriving({ call: child, continuedNode: node('1') }),
    ]);
    expect(resolved[1]).toMatchObject({ sessionId: 'guess', parentCallId: null });
  });

  it('stays what was stored when a call is delivered again', () => {
    const child = call({ sessionId: 'guess', sessionSource: 'call' });
    const stored = { sessionId: 'decided', parentCallId: null };
    const later = { callId: call().callId, sessionId: 'later' };
    const [resolved] = resolveSessions([arriving({ call: child, continuedNode: node('1'), continued: later, stored })]);
    expect(resolved).toMatchObject(stored);
  });
});
