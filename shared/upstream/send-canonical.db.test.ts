import { afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '../config/config-schema.ts';
import { resolveProvider } from '../providers/registry.ts';
import { createFakeProvider, type FakeProvider } from '../testing/fake-provider.ts';
import type { FakeReply } from '../testing/fake-reply.ts';
import { type CanonicalReply, sendCanonical } from './send-canonical.ts';
import { createUpstreamPools } from './upstream-pools.ts';

const CALL_ID = '019a0000-0000-7000-8000-000000000000';
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function send(
  format: 'openai-chat' | 'anthropic-messages',
  reply: FakeReply,
  more: { prefix?: string; signal?: AbortSignal } = {},
): Promise<{ reply: CanonicalReply; provider: FakeProvider }> {
  const provider = await createFakeProvider({ format, script: () => reply });
  const pools = createUpstreamPools({ connectTimeoutMs: 500, firstByteTimeoutMs: 300, idleTimeoutMs: 300 });
  closing.push(
    () => pools.close(),
    () => provider.close(),
  );
  const config = configSchema.parse({ providers: { p: { format, baseUrl: provider.baseUrl, network: 'private' } } });
  const body = {
    model: 'claude-sonnet',
    max_tokens: 100,
    stream: true,
    system: 'Be brief.',
    messages: [{ role: 'user' as const, content: 'hello' }],
  };
  const sent = await sendCanonical(
    { pools, now: Date.now },
    {
      provider: resolveProvider('p', config),
      model: { id: 'model-1' },
      canonical: { body, extras: {} },
      callId: CALL_ID,
      signal: new AbortController().signal,
      ...more,
    },
  );
  return { reply: sent, provider };
}

describe.each(['openai-chat', 'anthropic-messages'] as const)('sendCanonical to %s', (format) => {
  it('gives the whole message, its usage and its raw form', async () => {
    const { reply, provider } = await send(format, { type: 'message', text: 'hi', usage: { input: 7, output: 3 } });
    expect(reply).toMatchObject({
      ok: true,
      message: { content: [{ type: 'text', text: 'hi' }], stop_reason: 'end_turn' },
      usage: { inputTokens: 7, outputTokens: 3 },
      raw: expect.stringContaining('"hi"'),
    });
    expect(provider.requests[0]?.body).toMatchObject({ model: 'model-1' });
    expect(provider.requests[0]?.streamed).toBe(false);
  });

  it('puts the prefix before the system prompt', async () => {
    const { provider } = await send(format, { type: 'message', text: 'hi' }, { prefix: 'One call at a time.' });
    expect(provider.requests[0]?.bodyText).toMatch(/One call at a time\.[\s\S]*Be brief\./);
  });

  it.each<[string, FakeReply, number]>([
    ['an error status', { type: 'http', status: 429, body: { error: { message: 'slow down' } } }, 429],
    ['silence', { type: 'silence' }, 504],
    ['a reset', { type: 'reset' }, 502],
    ['a body that breaks off', { type: 'message', text: 'hi', cutAfterEvents: 0 }, 502],
    ['a body that is not JSON', { type: 'http', status: 200, body: 'surprise' }, 502],
  ])('gives %s as a value', async (_name, script, status) => {
    const { reply } = await send(format, script);
    expect(reply).toMatchObject({ ok: false, error: { status, retryable: true } });
  });

  it('stops when it is told to', async () => {
    const { reply } = await send(format, { type: 'silence' }, { signal: AbortSignal.timeout(50) });
    expect(reply).toMatchObject({ ok: false, error: { message: 'the call was cancelled' } });
  });
});
