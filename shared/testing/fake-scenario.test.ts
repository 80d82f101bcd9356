import { describe, expect, it } from 'vitest';
import type { FakeReply, FakeRequest } from './fake-reply.ts';
import { createScenarioScript, fakeScenarioSchema } from './fake-scenario.ts';

const TWO_CALLS = 'please\ncall read_file {"path":"a.ts"}\ncall read_file {"path":"b.ts"}';

function request(user: string, system = '', more: readonly object[] = []): FakeRequest {
  const messages = [{ role: 'system', content: system }, { role: 'user', content: user }, ...more];
  const body = { model: 'weak-1', messages };
  const ended = Promise.resolve('answered' as const);
  return {
    index: 0,
    method: 'POST',
    path: '',
    query: '',
    model: 'weak-1',
    headers: {},
    body,
    bodyText: JSON.stringify(body),
    streamed: false,
    ended,
  };
}

function scriptOf(...faults: readonly object[]) {
  const { script, setSwitch } = createScenarioScript(fakeScenarioSchema.parse({ faults }));
  return { reply: (asked: FakeRequest) => script(asked) as FakeReply, setSwitch };
}

describe('createScenarioScript', () => {
  it('makes every call that the user asks for, then answers from the results', () => {
    const { reply } = scriptOf();
    expect(reply(request(TWO_CALLS))).toMatchObject({
      toolCalls: [
        { name: 'read_file', arguments: { path: 'a.ts' } },
        { name: 'read_file', arguments: { path: 'b.ts' } },
      ],
    });
    const results = [
      { role: 'assistant', content: null },
      { role: 'tool', content: 'alpha' },
    ];
    expect(reply(request(TWO_CALLS, '', results))).toMatchObject({ text: 'Done: alpha' });
  });

  it('collapses parallel calls unless the system prompt forbids it', () => {
    const when = { systemLacks: 'one call each' };
    const { reply } = scriptOf({ kind: 'collapse-parallel-calls', when });
    expect(reply(request(TWO_CALLS))).toMatchObject({
      toolCalls: [{ name: 'read_file', arguments: '{"path":"a.ts"}{"path":"b.ts"}' }],
    });
    expect(reply(request(TWO_CALLS, 'Make one call each.'))).toMatchObject({ toolCalls: [{}, {}] });
  });

  it('regresses after so many sessions, where a session is a first user text', () => {
    const { reply } = scriptOf({ kind: 'wrong-answer', when: { afterSessions: 2 } });
    const texts = ['one', 'one', 'two', 'three'].map((user) => (reply(request(user)) as { text: string }).text);
    expect(texts).toEqual(['Done: one', 'Done: one', 'Done: two', 'I could not do it.']);
  });

  it('breaks only while its switch is on', () => {
    const { reply, setSwitch } = scriptOf({
      kind: 'http-error',
      status: 429,
      retryAfterSeconds: 2,
      when: { switch: 'busy' },
    });
    expect(reply(request('hello')).type).toBe('message');
    setSwitch('busy', true);
    expect(reply(request('hello'))).toMatchObject({ type: 'http', status: 429, headers: { 'retry-after': '2' } });
    setSwitch('busy', false);
    expect(reply(request('hello')).type).toBe('message');
  });

  it('strikes only the first requests when told so', () => {
    const { reply } = scriptOf({ kind: 'reset', when: { firstRequests: 1 } });
    expect(reply(request('hello')).type).toBe('reset');
    expect(reply(request('hello')).type).toBe('message');
  });

  it('strikes the same share of sessions every time', () => {
    const { reply } = scriptOf({ kind: 'wrong-answer', when: { share: 0.3 } });
    const struck = Array.from({ length: 500 }, (_, index) => reply(request(`session ${index}`)) as { text: string });
    const count = struck.filter(({ text }) => text === 'I could not do it.').length;
    expect(count).toBeGreaterThan(110);
    expect(count).toBeLessThan(190);
    expect(reply(request('session 7'))).toEqual(struck[7]);
  });
});
