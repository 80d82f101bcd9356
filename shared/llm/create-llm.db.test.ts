import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { type FakeJudge, startFakeJudge } from '#shared/testing/fake-judge.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { createLlm } from './create-llm.ts';
import type { StructuredRequest } from './llm.ts';

const REQUEST: StructuredRequest = {
  system: 'You teach.',
  user: 'The check parallel_collapsed fails.',
  schemaName: 'propose',
  jsonSchema: {
    type: 'object',
    properties: { instruction: { type: 'string' } },
    required: ['instruction'],
    additionalProperties: false,
  },
  maxOutputTokens: 200,
};

function providerAt(baseUrl: string, format: 'openai-chat' | 'anthropic-messages', apiKey?: string) {
  const config = configSchema.parse({ providers: { local: { format, baseUrl, network: 'private', apiKey } } });
  return resolveProvider('local', config);
}

describe('createLlm over Chat Completions', () => {
  let judge: FakeJudge;
  beforeAll(async () => {
    judge = await startFakeJudge();
  });
  afterAll(() => judge.close());

  const open = (fetch = createGuardedFetch('private')) =>
    createLlm(
      { fetch },
      {
        provider: providerAt(judge.baseUrl, 'openai-chat', 'sk-test'),
        model: 'judge-1',
        price: { input: 1, output: 2 },
        maxRetries: 0,
      },
    );

  it('forces the schema, sends the key and counts tokens and cost', async () => {
    const result = await open().completeStructured(REQUEST);
    if (!result.ok) throw new Error(result.error.message);
    expect(result.value).toEqual({ instruction: expect.stringContaining('one call per block') });
    expect(result.costUsd).toBeCloseTo((result.usage.inputTokens + 2 * result.usage.outputTokens) / 1_000_000, 12);
    expect(judge.requests.at(-1)).toMatchObject({
      path: '/v1/chat/completions',
      authorization: 'Bearer sk-test',
      model: 'judge-1',
      schemaName: 'propose',
    });
  });

  it('asks in plain text once a server says that it has no structured output, and stays with it', async () => {
    judge.misbehaveAlways('no_structured_output');
    const llm = open();
    const first = await llm.completeStructured(REQUEST);
    const before = judge.requests.length;
    const second = await llm.completeStructured(REQUEST);
    judge.misbehaveAlways(null);
    for (const result of [first, second]) {
      expect(result).toMatchObject({ ok: true, value: { instruction: expect.any(String) } });
    }
    expect(judge.requests.length).toBe(before + 1);
    expect(judge.requests.at(-1)?.schemaName).toBeNull();
  });

  it('forces a tool call where a server takes tools and no schema for its answer', async () => {
    judge.misbehaveAlways('no_schema');
    const llm = open();
    for (const _time of [1, 2]) {
      expect(await llm.completeStructured(REQUEST)).toMatchObject({
        ok: true,
        value: { instruction: expect.any(String) },
      });
    }
    judge.misbehaveAlways(null);
    expect(judge.requests.at(-1)).toMatchObject({ schemaName: 'propose', system: REQUEST.system });
  });

  it('states the schema in words from then on when a server takes it and answers with prose', async () => {
    judge.misbehaveAlways('ignores_schema');
    const llm = open();
    expect(await llm.completeStructured(REQUEST)).toMatchObject({ ok: true, value: undefined });
    expect(await llm.completeStructured(REQUEST)).toMatchObject({
      ok: true,
      value: { instruction: expect.any(String) },
    });
    judge.misbehaveAlways(null);
    expect(judge.requests.at(-1)?.system).toContain('JSON Schema:');
  });

  it('says which model has answered', async () => {
    judge.misbehave('other_model');
    expect(await open().completeStructured(REQUEST)).toMatchObject({ ok: true, model: 'judge-1-turbo' });
  });

  it('leaves the temperature out once a model says that it takes none', async () => {
    judge.misbehaveAlways('no_temperature');
    const llm = open();
    const before = judge.requests.length;
    for (const _time of [1, 2]) expect(await llm.completeStructured(REQUEST)).toMatchObject({ ok: true });
    judge.misbehaveAlways(null);
    expect(judge.requests.length).toBe(before + 3);
    expect(judge.requests.at(-1)?.schemaName).toBe('propose');
  });

  it('reads an answer out of a code fence, and gives no value for prose', async () => {
    judge.misbehave('fenced');
    expect(await open().completeStructured(REQUEST)).toMatchObject({ value: { instruction: expect.any(String) } });
    judge.misbehave('garbage');
    expect(await open().completeStructured(REQUEST)).toMatchObject({ ok: true, value: undefined });
  });

  it('tells what may be retried from what may not, and from a refusal', async () => {
    judge.misbehave('rate_limited');
    expect(await open().completeStructured(REQUEST)).toMatchObject({
      ok: false,
      error: { kind: 'retryable', status: 429, retryAfterSeconds: 1 },
    });
    judge.misbehave('server_error');
    expect(await open().completeStructured(REQUEST)).toMatchObject({ error: { kind: 'retryable', status: 500 } });
    judge.misbehave('refusal');
    expect(await open().completeStructured(REQUEST)).toMatchObject({ error: { kind: 'refused' } });
  });

  it('does not reach a private address for a public provider', async () => {
    const before = judge.requests.length;
    const result = await open(createGuardedFetch('public')).completeStructured(REQUEST);
    expect(result).toMatchObject({ ok: false });
    expect(judge.requests.length).toBe(before);
  });
});

describe('createLlm over Messages', () => {
  it('forces a tool call and takes its input as the value', async () => {
    const seen: { headers: Record<string, unknown>; body: Record<string, unknown> }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      seen.push({ headers: request.headers, body });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-judge',
          stop_reason: 'tool_use',
          stop_sequence: null,
          content: [{ type: 'tool_use', id: 'toolu_1', name: 'propose', input: { instruction: 'do so' } }],
          usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 5 },
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const provider = providerAt(baseUrl, 'anthropic-messages', 'sk-ant-test');
      const llm = createLlm({ fetch: createGuardedFetch('private') }, { provider, model: 'claude-judge', price: null });
      expect(await llm.completeStructured(REQUEST)).toMatchObject({
        ok: true,
        value: { instruction: 'do so' },
        usage: { inputTokens: 10, cacheReadInputTokens: 4, outputTokens: 5 },
        costUsd: null,
        model: 'claude-judge',
      });
      expect(seen[0]?.headers['x-api-key']).toBe('sk-ant-test');
      expect(seen[0]?.body).toMatchObject({ tool_choice: { type: 'tool', name: 'propose' }, max_tokens: 200 });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
