import { afterEach, describe, expect, it } from 'vitest';
import type { CanonicalBody } from '../formats/canonical.ts';
import type { FakeReply } from '../testing/fake-reply.ts';
import { type OpenUpstream, openUpstream } from '../testing/open-upstream.ts';
import { UPSTREAM_CASES, type UpstreamCase } from '../testing/upstream-cases.ts';
import { sendCanonical } from './send-canonical.ts';

const CALL_ID = '019a0000-0000-7000-8000-000000000000';
const BODY: CanonicalBody = {
  model: 'asked',
  max_tokens: 100,
  system: 'Be brief.',
  messages: [
    { role: 'user', content: 'Read both.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'alpha' }] },
  ],
  tools: [{ name: 'read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }],
};
const ANSWER: FakeReply = {
  type: 'message',
  text: 'And the other.',
  toolCalls: [{ name: 'read', arguments: { path: 'ü' } }],
  usage: { input: 7, output: 3 },
};

describe.each(UPSTREAM_CASES)('a replay to $name', (upstream: UpstreamCase) => {
  const open: OpenUpstream[] = [];
  afterEach(async () => {
    for (const { close } of open.splice(0)) await close();
  });
  const send = async (reply: FakeReply) => {
    const opened = await openUpstream(upstream, () => reply);
    open.push(opened);
    const { provider, model, pools } = opened;
    const { signal } = new AbortController();
    const canonical = { body: BODY, extras: {} };
    return await sendCanonical(
      { pools, now: Date.now },
      { provider, model, canonical, callId: CALL_ID, signal, prefix: 'One call at a time.' },
    );
  };

  it('is taken with its history, prefix and tools, and answered with a call', async () => {
    const reply = await send(ANSWER);
    expect(reply).toMatchObject({
      ok: true,
      message: {
        stop_reason: 'tool_use',
        // Some put the signature of a thought between the two.
        content: expect.arrayContaining([
          expect.objectContaining({ type: 'text', text: 'And the other.' }),
          expect.objectContaining({ type: 'tool_use', name: 'read', input: { path: 'ü' } }),
        ]),
      },
      usage: { inputTokens: 7, outputTokens: 3 },
    });
    const [{ fake }] = open as [OpenUpstream];
    expect(fake.requests[0]?.bodyText).toMatch(/One call at a time\.[\s\S]*Be brief\./);
    expect(fake.requests[0]?.streamed).toBe(false);
  });

  it('is told of a refusal of the key as a fault of the configuration, never as a 401', async () => {
    const refusal = { message: 'no', error: { message: 'no', code: 401, type: 'authentication_error' }, type: 'error' };
    const reply = await send({ type: 'http', status: 401, body: refusal });
    expect(reply).toMatchObject({ ok: false, error: { status: 502, configurationFault: true } });
  });
});

describe('a model whose id does not tell what it is', () => {
  it.each([
    ['bedrock-converse', 'fake-signature'],
    ['bedrock-key', expect.stringMatching(/^[a-z-]+:/)],
  ])('has its reasoning signed as its family does, at %s', async (name, signature) => {
    const upstream = UPSTREAM_CASES.find((entry) => entry.name === name);
    if (upstream === undefined) throw new Error(`no upstream is named ${name}`);
    const opened = await openUpstream(upstream, () => ({ type: 'message', reasoning: 'hm', text: 'ok' }));
    const { provider, model, pools } = opened;
    const { signal } = new AbortController();
    const canonical = { body: { ...BODY, messages: BODY.messages.slice(0, 1) }, extras: {} };
    const reply = await sendCanonical(
      { pools, now: Date.now },
      { provider, model, canonical, callId: CALL_ID, signal },
    );
    await opened.close();
    expect(reply).toMatchObject({
      ok: true,
      message: { content: [{ type: 'thinking', thinking: 'hm', signature }, {}] },
    });
  });
});
