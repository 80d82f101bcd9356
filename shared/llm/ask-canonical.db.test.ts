import { afterEach, describe, expect, it } from 'vitest';
import type { FakeReply, FakeScript } from '../testing/fake-reply.ts';
import { type OpenUpstream, openUpstream } from '../testing/open-upstream.ts';
import { UPSTREAM_CASES, type UpstreamCase } from '../testing/upstream-cases.ts';
import { createGuardedFetch } from '../upstream/guarded-fetch.ts';
import { createLlm } from './create-llm.ts';
import type { Llm, StructuredRequest } from './llm.ts';

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
/** Asked by a vendor's own SDK, and not through the codecs. */
const ASKED_BY_SDK = ['openai-chat', 'anthropic'];

const open: OpenUpstream[] = [];
afterEach(async () => {
  for (const { close } of open.splice(0)) await close();
});

async function judgeAt(upstream: UpstreamCase, script: FakeScript): Promise<{ llm: Llm; opened: OpenUpstream }> {
  const opened = await openUpstream(upstream, script);
  open.push(opened);
  const { provider, model, pools } = opened;
  const options = { provider, model: model.id, listed: model, price: model.price, maxRetries: 0 };
  return { llm: createLlm({ fetch: createGuardedFetch('private'), pools }, options), opened };
}

describe.each(UPSTREAM_CASES)('a judge at $name', (upstream: UpstreamCase) => {
  it('gives a value that fits the schema, its tokens and its cost', async () => {
    const said: FakeReply =
      upstream.name === 'openai-chat'
        ? { type: 'message', text: JSON.stringify(VALUE), usage }
        : { type: 'message', toolCalls: [{ name: 'propose', arguments: VALUE }], usage };
    const { llm, opened } = await judgeAt(upstream, () => said);
    expect(await llm.completeStructured(REQUEST)).toMatchObject({
      ok: true,
      value: VALUE,
      usage: { inputTokens: 10, cacheReadInputTokens: 4, outputTokens: 5 },
      costUsd: expect.closeTo((10 + 4 + 5 * 2) / 1_000_000, 12),
    });
    expect(opened.fake.requests[0]?.bodyText).toMatch(/propose/);
  });

  it('tells an overload from a refusal of its key', async () => {
    const answers = [503, 403].map((status): FakeReply => ({ type: 'http', status, body: { message: 'no' } }));
    const { llm } = await judgeAt(upstream, ({ index }) => answers[index] ?? { type: 'reset' });
    expect(await llm.completeStructured(REQUEST)).toMatchObject({ ok: false, error: { kind: 'retryable' } });
    expect(await llm.completeStructured(REQUEST)).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });
});

describe.each(UPSTREAM_CASES.filter(({ name }) => !ASKED_BY_SDK.includes(name)))(
  'a judge through the codecs at $name',
  (upstream: UpstreamCase) => {
    it('gets the schema in words once it has made no call of the tool, and from then on', async () => {
      const { llm, opened } = await judgeAt(upstream, ({ bodyText }) =>
        bodyText.includes('Records the answer.')
          ? { type: 'message', text: 'I would say that it went rather well.' }
          : { type: 'message', text: JSON.stringify(VALUE) },
      );
      for (const _time of [1, 2]) {
        expect(await llm.completeStructured(REQUEST)).toMatchObject({ ok: true, value: VALUE });
      }
      const { requests } = opened.fake;
      expect(requests).toHaveLength(3);
      expect(requests[2]?.bodyText).toMatch(/It must satisfy this JSON Schema/);
    });
  },
);
