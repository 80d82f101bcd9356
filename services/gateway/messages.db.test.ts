import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Database } from '#shared/database/connect.ts';
import { callRecordSchema } from '#shared/domain/call-record.ts';
import type { FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply, FakeRequest } from '#shared/testing/fake-reply.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import {
  adminDatabase,
  createTestBench,
  seedConfig,
  type TestBench,
  type TestGateway,
} from './testing/gateway-fixture.ts';

const TOOL = {
  name: 'read_file',
  description: 'Reads a file',
  input_schema: { type: 'object' as const, properties: { path: { type: 'string' } }, required: ['path'] },
};
const ASK = { model: 'claude-sonnet', max_tokens: 200, messages: [{ role: 'user' as const, content: 'Read a.ts' }] };
const CALL: FakeReply = {
  type: 'message',
  text: 'Reading.',
  toolCalls: [
    { name: 'read_file', arguments: { path: 'a.ts' } },
    { name: 'read_file', arguments: { path: 'ü.ts' } },
  ],
  usage: { input: 90, output: 20, cacheRead: 10 },
};

/** Calls a tool first, and answers from its result then. */
function agent(request: FakeRequest): FakeReply {
  const hasResult = request.bodyText.includes('alpha');
  return hasResult ? { type: 'message', text: 'It says alpha.' } : CALL;
}

describe.each(['openai-chat', 'anthropic-messages'] as const)('POST /v1/messages to %s', (format) => {
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

  async function configFor(provider: FakeProvider): Promise<TrimtabConfig> {
    projects += 1;
    return await seedConfig(admin, {
      project: `messages-${format}-${projects}`,
      providers: { upstream: { format, baseUrl: provider.baseUrl, apiKey: 'upstream-key', network: 'private' } },
      models: [{ id: 'model-1', provider: 'upstream', aliases: ['claude-alias'], price: { input: 1, output: 10 } }],
      routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'model-1', weight: 1 }] }],
      // Else one session in so many is dealt to it, by a salt that is new at every run.
      governance: { exploration: 0 },
    });
  }

  async function start(script: FakeReply | ((request: FakeRequest) => FakeReply)) {
    const provider = await bench.provider(script, { format });
    const gateway = await bench.gateway(await configFor(provider));
    const client = new Anthropic({ apiKey: 'client-key', baseURL: gateway.baseUrl, maxRetries: 0 });
    return { provider, gateway, client };
  }

  it('answers a whole message', async () => {
    const { client, gateway } = await start(CALL);
    const message = await client.messages.create({ ...ASK, tools: [TOOL] });
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content.map((block) => (block.type === 'tool_use' ? block.input : block.type))).toEqual([
      'text',
      { path: 'a.ts' },
      { path: 'ü.ts' },
    ]);
    expect(message.usage).toMatchObject({ input_tokens: 90, output_tokens: 20, cache_read_input_tokens: 10 });
    expect(await gateway.recorded(1)).toHaveLength(1);
  });

  it('streams the same message', async () => {
    const { client, gateway } = await start(CALL);
    const whole = await client.messages.create({ ...ASK, tools: [TOOL] });
    const streamed = await client.messages.stream({ ...ASK, tools: [TOOL] }).finalMessage();
    const essence = ({ content, stop_reason }: typeof whole) => ({
      stop_reason,
      content: content.map((block) => (block.type === 'tool_use' ? [block.name, block.input] : block)),
    });
    expect(essence(streamed)).toEqual(essence(whole));
    const records = await gateway.recorded(2);
    expect(records[1]?.call.completeness.streamed).toBe(true);
    expect(records[1]?.call.timeToFirstChunkMs).not.toBeNull();
    expect(records[1]?.upstreamRaw).toContain('Reading.'.slice(0, 4));
  });

  it("serves the SDK's tool runner to its end", async () => {
    const { client, provider } = await start(agent);
    const run = async () => 'alpha';
    const tool = { ...TOOL, run, parse: (value: unknown) => value };
    const final = await client.beta.messages.toolRunner({ ...ASK, tools: [{ ...tool, type: 'custom' as const }] });
    expect(final.content.at(-1)).toMatchObject({ type: 'text', text: 'It says alpha.' });
    expect(provider.requests.length).toBeGreaterThanOrEqual(2);
  });

  it('records the whole decision and what came of it', async () => {
    const { client, gateway } = await start(CALL);
    const { data, response } = await client.messages
      .create({ ...ASK, tools: [TOOL] }, { headers: { 'x-claude-code-session-id': 'session-1' } })
      .withResponse();
    const [record] = await gateway.recorded(1);
    expect(callRecordSchema.parse(record)).toEqual(record);
    expect(record?.call).toMatchObject({
      callId: response.headers.get('x-trimtab-call-id'),
      sessionId: 'session-1',
      sessionSource: 'claude-code-header',
      requestModel: 'claude-sonnet',
      responseModel: 'model-1',
      provider: 'upstream',
      upstreamFormat: format,
      turnShape: '4k-single-plan',
      ruleId: expect.any(String),
      policyId: expect.stringMatching(/^[0-9a-f]{64}$/),
      variant: 'stable',
      propensity: 1,
      candidates: [{ model: 'model-1', weight: 1 }],
      path: 'hot',
      status: 'ok',
      stopReason: 'tool_use',
      attempts: [{ provider: 'upstream', model: 'model-1', outcome: 'ok', httpStatus: 200 }],
      usage: { inputTokens: 90, cacheReadInputTokens: 10, outputTokens: 20 },
      costUsd: expect.closeTo((90 + 10 + 20 * 10) / 1e6, 12),
      priceVersion: '1',
      completeness: { hasRequest: true, hasResponse: true, redacted: false, truncated: false },
    });
    expect(record?.call.costEstimateUsd).toBeGreaterThan(0);
    expect(record?.request).toMatchObject({ model: 'claude-sonnet' });
    expect(record?.response).toMatchObject({ id: data.id, stop_reason: 'tool_use' });
    expect(gateway.begun).toEqual([record?.call.callId]);
  });

  it("sends the provider's credential and never the client's", async () => {
    const { client, provider } = await start(CALL);
    await client.messages.create({ ...ASK, tools: [TOOL] }, { headers: { 'x-api-key': 'client-key', cookie: 'a=b' } });
    const [request] = provider.requests;
    expect(JSON.stringify(request?.headers)).not.toContain('client-key');
    expect(request?.headers['cookie']).toBeUndefined();
    const { authorization, 'x-api-key': apiKey } = request?.headers ?? {};
    expect(format === 'openai-chat' ? authorization : apiKey).toContain('upstream-key');
  });
});

describe('POST /v1/messages to an upstream of the same format', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let gateway: TestGateway;
  let provider: FakeProvider;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    bench = await createTestBench(testDatabase.connectionString);
    provider = await bench.provider({ type: 'message', text: 'ok' }, { format: 'anthropic-messages' });
    const config = await seedConfig(admin, {
      project: 'forwarded',
      providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: 'k', network: 'private' } },
      models: [
        { id: 'claude-exact', provider: 'anthropic', price: { input: 1, output: 1 } },
        { id: 'claude-other', provider: 'anthropic', price: { input: 1, output: 1 } },
      ],
      routes: [
        { match: { model: 'claude-exact' }, targets: [{ model: 'claude-exact', weight: 1 }] },
        { match: { model: 'claude-moved' }, targets: [{ model: 'claude-other', weight: 1 }] },
      ],
    });
    gateway = await bench.gateway(config);
  });
  afterAll(async () => {
    await bench.close();
    await admin.destroy();
    await testDatabase.drop();
  });

  const post = (text: string) =>
    fetch(`${gateway.baseUrl}/v1/messages?beta=true`, {
      method: 'POST',
      headers: { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'one-2025,two-2026', 'x-api-key': 'x' },
      body: text,
    });
  const ODD =
    '{ "max_tokens":1e2, "model" : "MODEL","unknown":{"n":1.0,"s":"\\u00e9\\/"},"messages":[{"role":"user","content":"hi"}]}';

  it('forwards the original bytes, the version and the betas', async () => {
    const text = ODD.replace('MODEL', 'claude-exact');
    expect((await post(text)).status).toBe(200);
    const request = provider.requests.at(-1);
    expect(request?.bodyText).toBe(text);
    expect(request?.headers).toMatchObject({
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'one-2025,two-2026',
    });
  });

  it('changes only the model where the policy sends the call to another one', async () => {
    await post(ODD.replace('MODEL', 'claude-moved'));
    expect(provider.requests.at(-1)?.bodyText).toBe(ODD.replace(' "MODEL"', '"claude-other"'));
  });
});
