import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { callRecordSchema } from '#shared/domain/call-record.ts';
import { createFakeGoogleTokens, type FakeGoogleTokens } from '#shared/testing/fake-google-tokens.ts';
import type { FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply, FakeRequest } from '#shared/testing/fake-reply.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { UPSTREAM_CASES } from '#shared/testing/upstream-cases.ts';
import {
  adminDatabase,
  createTestBench,
  seedConfig,
  type TestBench,
  type TestGateway,
} from './testing/gateway-fixture.ts';
import { SDK_CLIENTS } from './testing/sdk-clients.ts';

const CALL: FakeReply = {
  type: 'message',
  reasoning: 'I should look into it.',
  text: 'Reading.',
  toolCalls: [
    { name: 'read_file', arguments: { path: 'ü.ts' } },
    { name: 'read_file', arguments: { path: 'b "quoted".ts' } },
  ],
  usage: { input: 90, output: 20, cacheRead: 10 },
};

/** Calls two tools at once first, and answers from their results then. */
function agent(request: FakeRequest): FakeReply {
  return request.bodyText.includes('alpha') ? { type: 'message', text: 'It says alpha.' } : CALL;
}

describe('every upstream behind one gateway', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let tokens: FakeGoogleTokens;
  let gateway: TestGateway;
  const upstreams = new Map<string, FakeProvider>();

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    bench = await createTestBench(testDatabase.connectionString);
    tokens = await createFakeGoogleTokens();
    const secrets = {
      serviceAccount: tokens.serviceAccount,
      isToken: (token: string) => tokens.tokens.includes(token),
    };
    const providers: Record<string, unknown> = {};
    for (const upstream of UPSTREAM_CASES) {
      const refuseCredentials = (request: FakeRequest) => upstream.refuse(request, secrets);
      const fake = await bench.provider(agent, { format: upstream.fake, strict: true, refuseCredentials });
      upstreams.set(upstream.name, fake);
      providers[upstream.name] = { ...upstream.provider(fake.origin, secrets), network: 'private' };
    }
    const config = await seedConfig(admin, {
      project: 'upstreams',
      providers,
      models: UPSTREAM_CASES.map(({ name, modelId, model }) => ({
        id: modelId,
        provider: name,
        price: { input: 1, output: 10 },
        ...model,
      })),
      routes: UPSTREAM_CASES.map(({ name, modelId }) => ({
        match: { model: `ask-${name}` },
        targets: [{ model: modelId, weight: 1 }],
      })),
      governance: { exploration: 0 },
    });
    gateway = await bench.gateway(config, { tokenFetch: tokens.fetch });
  });

  afterAll(async () => {
    await bench.close();
    await tokens.close();
    await admin.destroy();
    await testDatabase.drop();
  });

  describe.each(UPSTREAM_CASES)('$name', ({ name, modelId, format }) => {
    describe.each(SDK_CLIENTS)('asked by $name', (client) => {
      it.each([true, false])('runs a loop of parallel tool calls, streamed: %s', async (isStreamed) => {
        const before = gateway.records.length;
        const conversation = client.converse(gateway.baseUrl, `ask-${name}`, isStreamed);
        const first = await conversation.ask('Read it.');
        expect(first).toMatchObject({
          text: 'Reading.',
          calls: [
            { name: 'read_file', input: { path: 'ü.ts' } },
            { name: 'read_file', input: { path: 'b "quoted".ts' } },
          ],
          stopReason: client.stopReasons.calls,
          inputTokens: 90,
          outputTokens: 20,
          cacheReadTokens: 10,
        });
        const second = await conversation.giveResult('alpha');
        expect(second).toMatchObject({
          text: 'It says alpha.',
          calls: [],
          stopReason: client.stopReasons.done,
        });
        const records = (await gateway.recorded(before + 2)).slice(before);
        const [asked] = records.map((record) => callRecordSchema.parse(record));
        expect(asked?.call).toMatchObject({
          upstreamFormat: format,
          provider: name,
          status: 'ok',
          stopReason: 'tool_use',
          attempts: [{ model: modelId, outcome: 'ok', httpStatus: 200 }],
        });
        // Whatever the framing, a person and the scorers can read what came.
        expect(asked?.upstreamRaw).toMatch(/read_file/);
        expect(asked?.upstreamRaw).not.toMatch(/\0/);
      });
    });
  });

  it('fetched one token for each provider of Google Cloud, whatever the number of calls', () => {
    expect(tokens.tokens).toHaveLength(UPSTREAM_CASES.filter(({ name }) => name.startsWith('vertex')).length);
  });
});
