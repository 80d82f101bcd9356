import { afterEach, describe, expect, it } from 'vitest';
import type { FakeReply } from '../testing/fake-reply.ts';
import { type OpenUpstream, openUpstream } from '../testing/open-upstream.ts';
import { UPSTREAM_CASES, type UpstreamCase } from '../testing/upstream-cases.ts';
import { createGuardedFetch } from '../upstream/guarded-fetch.ts';
import { createLlm } from './create-llm.ts';
import type { StructuredRequest } from './llm.ts';

const REQUEST: StructuredRequest = {
  system: 'You teach.',
  user: 'The check fails.',
  schemaName: 'propose',
  jsonSchema: {
    type: 'object',
    properties: { instruction: { type: 'string' } },
    required: ['instruction'],
    additionalProperties: false,
  },
  maxOutputTokens: 200,
};
const VALUE = { instruction: 'do so' };
const usage = { input: 10, output: 5, cacheRead: 4 };

describe.each(UPSTREAM_CASES)('a judge at $name', (upstream: UpstreamCase) => {
  const open: OpenUpstream[] = [];
  afterEach(async () => {
    for (const { close } of open.splice(0)) await close();
  });
  const ask = async (reply: FakeReply) => {
    const opened = await openUpstream(upstream, () => reply);
    open.push(opened);
    const { provider, model, pools } = opened;
    const options = { provider, model: model.id, listed: model, price: model.price, maxRetries: 0 };
    const llm = createLlm({ fetch: createGuardedFetch('private'), pools }, options);
    return await llm.completeStructured(REQUEST);
  };
  const isChat = upstream.fake === 'openai-chat' && !upstream.name.startsWith('azure');

  it('gives a value that fits the schema, its tokens and its cost', async () => {
    const said: FakeReply = isChat
      ? { type: 'message', text: JSON.stringify(VALUE), usage }
      : { type: 'message', toolCalls: [{ name: 'propose', arguments: VALUE }], usage };
    expect(await ask(said)).toMatchObject({
      ok: true,
      value: VALUE,
      usage: { inputTokens: 10, cacheReadInputTokens: 4, outputTokens: 5 },
      costUsd: expect.closeTo((10 + 4 + 5 * 2) / 1_000_000, 12),
    });
    expect(open[0]?.fake.requests[0]?.bodyText).toMatch(/propose/);
  });

  it('tells an overload from a refusal of its key', async () => {
    const overloaded = { type: 'http', status: 503, body: { message: 'busy' } } as const;
    expect(await ask(overloaded)).toMatchObject({ ok: false, error: { kind: 'retryable' } });
    const refused = { type: 'http', status: 403, body: { message: 'no' } } as const;
    expect(await ask(refused)).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });
});
