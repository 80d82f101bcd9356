import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Database } from '#shared/database/connect.ts';
import { readTokenCalibrations } from '#shared/database/token-calibration-store.ts';
import type { FakeProvider } from '#shared/testing/fake-provider.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import {
  adminDatabase,
  createTestBench,
  seedConfig,
  type TestBench,
  type TestGateway,
} from './testing/gateway-fixture.ts';

const TEXT = 'The parser returned 37 items, e.g. item_4["k"]; and none of them was what the caller asked for. ';
/** What the provider counts for each character: twice what anybody would. */
const TOKENS_PER_CHARACTER = 0.5;

const replySchema = z.looseObject({
  input_tokens: z.number().optional(),
  error: z.looseObject({ type: z.string(), message: z.string() }).optional(),
});

describe('token counts of the gateway', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let provider: FakeProvider;
  const project = 'tokens';
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    bench = await createTestBench(testDatabase.connectionString);
    provider = await bench.provider((request) => ({
      type: 'message',
      text: 'ok',
      usage: { input: Math.round(request.bodyText.length * TOKENS_PER_CHARACTER), output: 40 },
    }));
  });
  afterAll(async () => {
    await bench.close();
    await admin.destroy();
    await testDatabase.drop();
  });

  const start = async (): Promise<TestGateway> => {
    const config = await seedConfig(admin, {
      project,
      providers: { vllm: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' } },
      models: [
        { id: 'qwen', provider: 'vllm', price: { input: 1, output: 1 } },
        { id: 'small', provider: 'vllm', contextTokens: 4_000, price: { input: 1, output: 1 } },
      ],
      routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'qwen', weight: 1 }] }],
    });
    return await bench.gateway(config);
  };
  const bodyOf = (model: string, texts: number) => ({
    ...{ model, max_tokens: 50 },
    messages: [{ role: 'user', content: TEXT.repeat(texts) }],
  });
  const post = async (gateway: TestGateway, path: string, body: object) => {
    const headers = { 'x-claude-code-session-id': '0e7d7a1c-8f4e-4c43-9b3b-2f6f6a6d8c11' };
    const response = await fetch(`${gateway.baseUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: replySchema.parse(await response.json()) };
  };
  const count = async (gateway: TestGateway, body: object): Promise<number> =>
    (await post(gateway, '/v1/messages/count_tokens', body)).body.input_tokens ?? 0;

  it('come to what the provider reports, and outlive the gateway', async () => {
    const gateway = await start();
    const body = bodyOf('claude-s', 50);
    const before = await count(gateway, body);
    expect(before).toBeLessThan(1_500);
    expect((await post(gateway, '/v1/messages', body)).status).toBe(200);
    const [first] = await gateway.recorded(1);
    const reported = first?.call.usage?.inputTokens ?? 0;
    expect(reported).toBeGreaterThan(1.5 * before);
    expect(await count(gateway, body)).toBeGreaterThanOrEqual(reported);
    await post(gateway, '/v1/messages', body);
    const records = await gateway.recorded(2);
    expect(records[0]?.call.inputTokensEstimate).toBeLessThan(reported);
    expect(records[1]?.call.inputTokensEstimate).toBeGreaterThanOrEqual(reported);
    // What they cost differs, and the turn shape does not: every replica has to come to the same one.
    expect(records[1]?.call.turnShape).toEqual(records[0]?.call.turnShape);
    await gateway.service.refresh();
    expect(await readTokenCalibrations(admin, project)).toMatchObject([
      { gatewayId: 'test-gateway', provider: 'vllm', model: 'qwen', calibration: { estimate: { seen: 2 } } },
    ]);
    const next = await start();
    const learned = async () => (await count(next, body)) >= reported;
    await expect.poll(learned, { timeout: 10_000 }).toBe(true);
  });

  it('are made for every name, served or not, with no tools and no system', async () => {
    const gateway = await start();
    const asked = provider.requests.length;
    for (const model of ['claude-opus-4-8', 'qwen', 'small', 'gpt-9', 'nobody/knows']) {
      expect(await count(gateway, { ...bodyOf(model, 10), tools: [] }), model).toBeGreaterThan(200);
    }
    expect(provider.requests).toHaveLength(asked);
  });

  it('tell a client to compact before a small model is sent what it would cut', async () => {
    const gateway = await start();
    const asked = provider.requests.length;
    const answer = await post(gateway, '/v1/messages', bodyOf('small', 400));
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
    const [, counted] =
      /^prompt is too long: (\d+) tokens > 4000 maximum$/.exec(answer.body.error?.message ?? '') ?? [];
    expect(Number(counted)).toBeGreaterThan(4_000);
    expect(provider.requests).toHaveLength(asked);
    expect((await post(gateway, '/v1/messages', bodyOf('small', 20))).status).toBe(200);
    expect((await post(gateway, '/v1/messages', bodyOf('qwen', 400))).status).toBe(200);
  });
});
