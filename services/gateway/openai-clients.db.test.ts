import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { callRecordSchema } from '#shared/domain/call-record.ts';
import type { FakeReply, FakeRequest } from '#shared/testing/fake-reply.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { adminDatabase, createTestBench, seedConfig, type TestBench } from './testing/gateway-fixture.ts';

const CALL: FakeReply = {
  type: 'message',
  text: 'Reading.',
  toolCalls: [{ name: 'read_file', arguments: { path: 'ü.ts' } }],
  usage: { input: 90, output: 20, cacheRead: 10 },
};
const PARAMETERS = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const QUESTION = [{ role: 'user' as const, content: 'Read it.' }];

/** Calls a tool first, and answers from its result then. */
function agent(request: FakeRequest): FakeReply {
  return request.bodyText.includes('alpha') ? { type: 'message', text: 'It says alpha.' } : CALL;
}

describe.each(['openai-chat', 'anthropic-messages'] as const)('a client of OpenAI in front of %s', (format) => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let projects = 0;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
  });
  afterAll(async () => {
    await admin.destroy();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    bench = await createTestBench(testDatabase.connectionString);
  });
  afterEach(() => bench.close());

  async function start(script: FakeReply | ((request: FakeRequest) => FakeReply)) {
    const provider = await bench.provider(script, { format });
    projects += 1;
    const config = await seedConfig(admin, {
      project: `openai-clients-${format}-${projects}`,
      providers: { upstream: { format, baseUrl: provider.baseUrl, apiKey: 'upstream-key', network: 'private' } },
      models: [{ id: 'model-1', provider: 'upstream', aliases: ['gpt-alias'], price: { input: 1, output: 10 } }],
      routes: [{ match: { model: 'gpt-*' }, targets: [{ model: 'model-1', weight: 1 }] }],
      governance: { exploration: 0 },
    });
    const gateway = await bench.gateway(config);
    const client = new OpenAI({ apiKey: 'client-key', baseURL: `${gateway.baseUrl}/v1`, maxRetries: 0 });
    return { provider, gateway, client };
  }

  it.each([true, false])('runs a tool loop over Chat Completions, streamed: %s', async (isStreamed) => {
    const { client, gateway } = await start(agent);
    const tools = [{ type: 'function' as const, function: { name: 'read_file', parameters: PARAMETERS } }];
    const ask = async (messages: OpenAI.Chat.Completions.ChatCompletionMessageParam[]) => {
      const request = { model: 'gpt-agent', messages, tools };
      if (!isStreamed) return await client.chat.completions.create(request);
      const stream = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
      return await stream.finalChatCompletion();
    };
    const first = await ask(QUESTION);
    const said = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    expect(said).toMatchObject({
      content: 'Reading.',
      tool_calls: [{ type: 'function', function: { name: 'read_file', arguments: '{"path":"ü.ts"}' } }],
    });
    expect(first.usage).toMatchObject({ completion_tokens: 20, prompt_tokens_details: { cached_tokens: 10 } });
    const id = said?.tool_calls?.[0]?.id ?? '';
    const second = await ask([...QUESTION, said!, { role: 'tool', tool_call_id: id, content: 'alpha' }]);
    expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'It says alpha.' } });
    const [record] = await gateway.recorded(2);
    expect(callRecordSchema.parse(record)).toMatchObject({
      call: { clientFormat: 'openai-chat', upstreamFormat: format, status: 'ok', stopReason: 'tool_use' },
    });
  });

  it.each([true, false])('runs a tool loop over the Responses API, streamed: %s', async (isStreamed) => {
    const { client, gateway } = await start(agent);
    const tools = [{ type: 'function' as const, name: 'read_file', parameters: PARAMETERS, strict: false }];
    const ask = async (input: OpenAI.Responses.ResponseInput) => {
      const request = { model: 'gpt-agent', input, tools, store: false };
      if (!isStreamed) return await client.responses.create(request);
      return await client.responses.stream(request).finalResponse();
    };
    const first = await ask(QUESTION);
    expect(first).toMatchObject({
      status: 'completed',
      output_text: 'Reading.',
      output: [{ type: 'message' }, { type: 'function_call', name: 'read_file', arguments: '{"path":"ü.ts"}' }],
      usage: { output_tokens: 20, input_tokens_details: { cached_tokens: 10 } },
    });
    const called = first.output.find((item) => item.type === 'function_call') as
      | OpenAI.Responses.ResponseFunctionToolCall
      | undefined;
    const result = { type: 'function_call_output' as const, call_id: called!.call_id, output: 'alpha' };
    const second = await ask([...QUESTION, called!, result]);
    expect(second).toMatchObject({ status: 'completed', output_text: 'It says alpha.' });
    const [record] = await gateway.recorded(2);
    expect(record?.call).toMatchObject({ clientFormat: 'openai-responses', upstreamFormat: format, status: 'ok' });
  });

  it('gets what its request lost in the header, and on the call', async () => {
    const { client, gateway } = await start({ type: 'message', text: 'ok' });
    const tools = [{ type: 'file_search' as const, vector_store_ids: ['vs_1'] }];
    const { response } = await client.responses.create({ model: 'gpt-agent', input: 'hi', tools }).withResponse();
    expect(response.headers.get('x-trimtab-losses')).toMatch(/dropped \/tools\/0/);
    const [record] = await gateway.recorded(1);
    expect(record?.call.losses).toContainEqual(expect.objectContaining({ pointer: '/tools/0' }));
  });

  it('is told of errors in the shape that it knows', async () => {
    const { client } = await start({ type: 'message', text: 'ok' });
    await expect(client.chat.completions.create({ model: 'none', messages: QUESTION })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    await expect(client.responses.create({ model: 'gpt-agent', input: [] })).rejects.toMatchObject({ status: 400 });
  });

  it('has its very bytes forwarded to a model that it names and that speaks its format', async () => {
    const { client, provider } = await start({ type: 'message', text: 'ok' });
    await client.chat.completions.create({ model: 'model-1', messages: QUESTION, seed: 7, logprobs: true });
    const [sent] = provider.requests;
    if (format === 'openai-chat')
      expect(sent?.body).toEqual({ model: 'model-1', messages: QUESTION, seed: 7, logprobs: true });
    else expect(sent?.body).not.toHaveProperty('seed');
  });
});

describe('a client of OpenAI whose model is served as it is', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let projects = 0;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
  });
  afterAll(async () => {
    await admin.destroy();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    bench = await createTestBench(testDatabase.connectionString);
  });
  afterEach(() => bench.close());

  async function start(format: 'openai-chat' | 'openai-responses', quirks: string[] = []) {
    const reply: FakeReply = { type: 'message', text: 'Größer.', usage: { input: 90, output: 20 } };
    const provider = await bench.provider(reply, { format, strict: false });
    projects += 1;
    const config = await seedConfig(admin, {
      project: `as-it-is-${projects}`,
      providers: { upstream: { format, baseUrl: provider.baseUrl, network: 'private', quirks } },
      models: [{ id: 'model-1', provider: 'upstream', price: { input: 1, output: 10 } }],
      routes: [{ match: { model: 'gpt-*' }, targets: [{ model: 'model-1', weight: 1 }] }],
      governance: { exploration: 0 },
    });
    const gateway = await bench.gateway(config);
    const client = new OpenAI({ apiKey: 'client-key', baseURL: `${gateway.baseUrl}/v1`, maxRetries: 0 });
    return { provider, gateway, client };
  }

  it.each([true, false])('has the usage of its stream recorded, and sees it when it asks: %s', async (isAsked) => {
    const { client, provider, gateway } = await start('openai-chat');
    const more = isAsked ? { stream_options: { include_usage: true } } : {};
    const request = { model: 'model-1', messages: QUESTION, stream: true as const, ...more };
    const chunks = [];
    for await (const chunk of await client.chat.completions.create(request)) chunks.push(chunk);
    expect(chunks.some(({ choices }) => choices.length === 0)).toBe(isAsked);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Größer.');
    expect(provider.requests[0]?.body).toEqual({ ...request, stream_options: { include_usage: true } });
    const [record] = await gateway.recorded(1);
    expect(record?.call.usage).toMatchObject({ inputTokens: 90, outputTokens: 20 });
    expect(record?.upstreamRaw).toContain('"usage"');
  });

  it('has no usage asked for of a server that refuses the question', async () => {
    const { client, provider } = await start('openai-chat', ['no-stream-options']);
    const stream = await client.chat.completions.create({ model: 'model-1', messages: QUESTION, stream: true });
    for await (const _chunk of stream);
    expect(provider.requests[0]?.body).not.toHaveProperty('stream_options');
  });

  it('continues what its provider keeps, in one session', async () => {
    const { client, provider, gateway } = await start('openai-responses');
    const ask = (input: string, more: object = {}) =>
      client.responses.create({ model: 'model-1', input, store: true, ...more });
    const first = await ask('one');
    const second = await ask('two', { previous_response_id: first.id });
    await ask('three', { previous_response_id: second.id });
    expect(provider.requests[2]?.body).toMatchObject({ previous_response_id: second.id, store: true });
    const calls = (await gateway.recorded(3)).map(({ call }) => call);
    expect(new Set(calls.map(({ sessionId }) => sessionId)).size).toBe(1);
    expect(calls.map(({ sessionSource }) => sessionSource)).toEqual([
      'fingerprint',
      'responses-chain',
      'responses-chain',
    ]);
    await ask('four', { conversation: 'conv_7' });
    const kept = await gateway.recorded(4);
    expect(kept[3]?.call).toMatchObject({ sessionId: 'conv_7', sessionSource: 'responses-chain' });
  });

  it.each<[string, object]>([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['item_reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ])('is told to send all of it where %s would be lost', async (field, more) => {
    for (const [format, model] of [
      ['openai-responses', 'gpt-other'],
      ['openai-chat', 'model-1'],
    ] as const) {
      const { client, provider } = await start(format);
      const asked = client.responses.create({ model, input: 'two', ...more });
      await expect(asked).rejects.toMatchObject({
        status: 400,
        code: 'unsupported_parameter',
        message: expect.stringMatching(new RegExp(`'${field}'.*Send the whole conversation in 'input'`)),
      });
      expect(provider.requests).toHaveLength(0);
    }
  });

  it('is told that answers are given at once only', async () => {
    const { client } = await start('openai-responses');
    const asked = client.responses.create({ model: 'model-1', input: 'x', background: true });
    await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining("'background'") });
  });
});

describe('what belongs to no call', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let baseUrl: string;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    bench = await createTestBench(testDatabase.connectionString);
    const provider = await bench.provider({ type: 'message', text: 'ok' });
    const config = await seedConfig(admin, {
      project: 'callers',
      providers: { upstream: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' } },
      models: [{ id: 'org/model-1', provider: 'upstream', aliases: ['claude-alias'], price: { input: 1, output: 1 } }],
      governance: { exploration: 0 },
    });
    baseUrl = (await bench.gateway(config)).baseUrl;
  });
  afterAll(async () => {
    await bench.close();
    await admin.destroy();
    await testDatabase.drop();
  });

  it('is listed to the client of OpenAI in its shape', async () => {
    const client = new OpenAI({ apiKey: 'key', baseURL: `${baseUrl}/v1`, maxRetries: 0 });
    const listed = [];
    for await (const model of client.models.list()) listed.push(model);
    expect(listed).toMatchObject([
      { id: 'org/model-1', object: 'model', owned_by: 'trimtab' },
      { id: 'claude-alias', object: 'model' },
    ]);
    expect(await client.models.retrieve('claude-alias')).toMatchObject({ id: 'claude-alias', object: 'model' });
    await expect(client.models.retrieve('none')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it("is listed to Anthropic's client in its own", async () => {
    const client = new Anthropic({ apiKey: 'key', baseURL: baseUrl, maxRetries: 0 });
    const page = await client.models.list({ limit: 1000 });
    expect(page.data).toMatchObject([
      { type: 'model', id: 'org/model-1' },
      { type: 'model', id: 'claude-alias', display_name: 'claude-alias (org/model-1)' },
    ]);
    expect(await client.models.retrieve('claude-alias')).toMatchObject({ type: 'model', id: 'claude-alias' });
  });

  it.each<[string, string, Record<string, string>, object]>([
    ['POST', '/v1/embeddings', {}, { error: { type: 'invalid_request_error', code: 'unknown_url' } }],
    ['GET', '/v1/responses/resp_1', {}, { error: { code: 'unknown_url' } }],
    ['POST', '/chat/completions', { authorization: 'Bearer x' }, { error: { code: 'unknown_url' } }],
    ['POST', '/v1/messages/batches', {}, { type: 'error', error: { type: 'not_found_error' } }],
    ['POST', '/messages', { 'x-api-key': 'x' }, { type: 'error', error: { type: 'not_found_error' } }],
  ])('%s %s is told in its own shape which paths there are', async (method, path, headers, body) => {
    const response = await fetch(`${baseUrl}${path}`, { method, headers });
    const answered = (await response.json()) as { error: { message: string } };
    expect(response.status).toBe(404);
    expect(answered).toMatchObject(body);
    expect(answered.error.message).toMatch(
      new RegExp(`^${method} ${path} is not served here.*/v1/messages.*/v1/chat/completions.*/v1/responses`),
    );
    expect(response.headers.get('x-trimtab-call-id')).not.toBeNull();
  });
});
