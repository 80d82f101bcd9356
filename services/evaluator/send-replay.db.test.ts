import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply } from '#shared/testing/fake-reply.ts';
import { createUpstreamPools } from '#shared/upstream/upstream-pools.ts';
import type { SendReplay } from './replay-call.ts';
import { READ_TOOL } from './scorers/cases/scorer-case.ts';
import { createSendReplay } from './send-replay.ts';

const PREFIX = 'Make one tool call per block.';
const MERGED = '{"file_path":"a"}{"file_path":"b"}';
const BODY: CanonicalBody = {
  model: 'claude-sonnet-4-5',
  max_tokens: 500,
  stream: true,
  system: 'You read files.',
  tools: [READ_TOOL as never],
  messages: [{ role: 'user', content: 'Read a and b' }],
};

const pools = createUpstreamPools({ connectTimeoutMs: 1_000, firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000 });
const providers = new Map<string, FakeProvider>();
let scripted: FakeReply | null = null;
let send: SendReplay;
let config: ReturnType<typeof configSchema.parse>;

beforeAll(async () => {
  for (const format of ['openai-chat', 'anthropic-messages'] as const) {
    const script = (request: { readonly bodyText: string }): FakeReply => {
      if (scripted !== null) return scripted;
      const apart = request.bodyText.includes(PREFIX);
      const toolCalls = (apart ? ['{"file_path":"a"}', '{"file_path":"b"}'] : [MERGED]).map((text) => ({
        name: 'Read',
        arguments: text,
      }));
      return { type: 'message', toolCalls, usage: { input: 100, output: 20 } };
    };
    providers.set(format, await createFakeProvider({ format, script }));
  }
  const provider = (format: string) => ({ format, baseUrl: providers.get(format)!.baseUrl, network: 'private' });
  config = configSchema.parse({
    providers: { openai_like: provider('openai-chat'), anthropic_like: provider('anthropic-messages') },
    models: [
      { id: 'small', provider: 'openai_like', price: { input: 1, output: 2 } },
      { id: 'claude-small', provider: 'anthropic_like', price: { input: 1, output: 2 } },
    ],
  });
  send = createSendReplay({ pools, config, now: Date.now });
});
afterAll(async () => {
  await pools.close();
  for (const provider of providers.values()) await provider.close();
});
beforeEach(() => {
  scripted = null;
});

function replay(modelIndex: number, prefix: string | null) {
  const canonical = { body: BODY, extras: {} };
  return send({
    callId: 'call-1',
    model: config.models[modelIndex]!,
    canonical,
    prefix,
    signal: new AbortController().signal,
  });
}

describe('createSendReplay', () => {
  it('sends the request translated, unstreamed and without a prefix when there is none', async () => {
    const reply = await replay(0, null);
    if (!reply.ok) throw new Error(reply.error.message);
    expect(reply.message['content']).toMatchObject([
      { type: 'tool_use', input: { __unparsedToolInput: { raw: MERGED } } },
    ]);
    expect(reply).toMatchObject({
      upstreamFormat: 'openai-chat',
      inputTokens: 100,
      outputTokens: 20,
      costUsd: 0.00014,
    });
    expect(reply.raw).toContain('choices');
    const sent = providers.get('openai-chat')!.requests.at(-1)!;
    expect(sent.streamed).toBe(false);
    expect(sent.body['model']).toBe('small');
    expect(sent.bodyText).not.toContain(PREFIX);
  });

  it.each([
    ['openai-chat', 0],
    ['anthropic-messages', 1],
  ] as const)('places the prefix before the system prompt of an upstream of format %s', async (format, modelIndex) => {
    const reply = await replay(modelIndex, PREFIX);
    if (!reply.ok) throw new Error(reply.error.message);
    expect(reply.upstreamFormat).toBe(format);
    expect(reply.message['content']).toMatchObject([
      { type: 'tool_use', name: 'Read', input: { file_path: 'a' } },
      { type: 'tool_use', name: 'Read', input: { file_path: 'b' } },
    ]);
    const text = providers.get(format)!.requests.at(-1)!.bodyText;
    expect(text.indexOf(PREFIX)).toBeGreaterThan(-1);
    expect(text.indexOf(PREFIX)).toBeLessThan(text.indexOf('You read files.'));
  });

  it('tells what may be tried again from what may not', async () => {
    scripted = { type: 'http', status: 503, body: { error: { message: 'overloaded' } } };
    expect(await replay(0, null)).toMatchObject({ ok: false, error: { retryable: true } });
    scripted = { type: 'http', status: 400, body: { error: { message: 'bad schema' } } };
    expect(await replay(0, null)).toMatchObject({ ok: false, error: { retryable: false, message: 'bad schema' } });
    scripted = { type: 'http', status: 200, body: 'not json' };
    expect(await replay(0, null)).toMatchObject({ ok: false, error: { type: 'api_error' } });
  });

  it('makes a value of a provider that cannot be reached', async () => {
    const gone = configSchema.parse({
      providers: { gone: { format: 'openai-chat', baseUrl: 'http://127.0.0.1:1/v1', network: 'private' } },
      models: [{ id: 'gone-1', provider: 'gone', price: { input: 0, output: 0 } }],
    });
    const toNowhere = createSendReplay({ pools, config: gone, now: Date.now });
    const canonical = { body: BODY, extras: {} };
    const { signal } = new AbortController();
    expect(
      await toNowhere({ callId: 'call-1', model: gone.models[0]!, canonical, prefix: null, signal }),
    ).toMatchObject({
      ok: false,
      error: { retryable: true },
    });
  });
});
