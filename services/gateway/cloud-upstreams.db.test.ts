import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { EVENT_STREAM_TYPE, eventFrame } from '#shared/testing/fake-converse-wire.ts';
import { createFakeGoogleTokens } from '#shared/testing/fake-google-tokens.ts';
import type { FakeProviderOptions } from '#shared/testing/fake-provider.ts';
import type { FakeReply } from '#shared/testing/fake-reply.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { encodeEventStreamMessage } from '#shared/upstream/event-stream.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { adminDatabase, createTestBench, seedConfig, type TestBench } from './testing/gateway-fixture.ts';

const FINE: FakeReply = { type: 'message', text: 'fine, thank you' };
const ASK = { model: 'claude-x', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] };
const AWS = { region: 'us-east-1', aws: { accessKeyId: 'AKID', secretAccessKey: 'secret' } };

interface Upstream {
  readonly format: FakeProviderOptions['format'];
  readonly settings: (origin: string) => Record<string, unknown>;
  readonly reply: FakeReply;
}

const CONVERSE = (origin: string) => ({ like: 'bedrock', baseUrl: origin, ...AWS });
const BEDROCK_ANTHROPIC = (origin: string) => ({ ...CONVERSE(origin), format: 'anthropic-messages' });
const VERTEX_ANTHROPIC = (origin: string, serviceAccount: string) => ({
  ...{ like: 'vertex', format: 'anthropic-messages', projectId: 'p', location: 'l' },
  ...{ baseUrl: `${origin}/v1/projects/p/locations/l`, google: { serviceAccount } },
});
const FALLBACK: Upstream = {
  format: 'openai-chat',
  settings: (origin) => ({ like: 'openai', baseUrl: `${origin}/v1`, apiKey: 'k' }),
  reply: FINE,
};

describe('upstreams in clouds', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let projects = 0;
  /** What an operator is told. */
  let alarms: { readonly level: number; readonly msg: string; readonly provider?: string }[] = [];
  const log = pino({ level: 'error' }, { write: (line) => void alarms.push(JSON.parse(line)) });
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
  });
  afterAll(async () => {
    await admin.destroy();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    alarms = [];
    bench = await createTestBench(testDatabase.connectionString);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await bench.close();
  });

  async function start(upstreams: readonly Upstream[], tokenFetch?: GuardedFetch) {
    const providers: Record<string, unknown> = {};
    const fakes = [];
    for (const [index, { format, settings, reply }] of upstreams.entries()) {
      const fake = await bench.provider(reply, { format, strict: true });
      fakes.push(fake);
      providers[`p${index}`] = { ...settings(fake.origin), network: 'private' };
    }
    projects += 1;
    const models = upstreams.map((_upstream, index) => `anthropic.claude-${index}`);
    const config = await seedConfig(admin, {
      project: `clouds-${projects}`,
      providers,
      models: models.map((id, index) => ({ id, provider: `p${index}`, price: { input: 1, output: 1 } })),
      routes: [
        {
          match: { model: 'claude-*' },
          targets: [{ model: models[0], weight: 1 }],
          fallbacks: models.slice(1),
        },
      ],
      governance: { exploration: 0 },
    });
    const gateway = await bench.gateway(config, { log, ...(tokenFetch === undefined ? {} : { tokenFetch }) });
    const post = (body: string | object, headers: Record<string, string> = {}) =>
      fetch(`${gateway.baseUrl}/v1/messages`, {
        method: 'POST',
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    return { gateway, fakes, post };
  }

  const frames = (...pieces: Uint8Array[]): FakeReply => ({
    type: 'raw',
    headers: { 'content-type': EVENT_STREAM_TYPE },
    pieces,
  });
  const started = eventFrame('messageStart', { role: 'assistant' });
  const said = eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Half of it' } });
  const damaged = Uint8Array.from(said, (byte, index) => (index === said.length - 6 ? byte ^ 1 : byte));
  const throttled = encodeEventStreamMessage(
    { ':message-type': 'exception', ':exception-type': 'throttlingException', ':content-type': 'application/json' },
    Buffer.from('{"message":"Too many tokens, please wait."}'),
  );

  it.each<[string, Uint8Array, RegExp]>([
    ['cut inside a frame', said.subarray(0, 20), /ended before the answer was complete/],
    ['damaged on its way', damaged, /checksum is wrong/],
    ['broken off by an exception', throttled, /Too many tokens/],
    ['of one frame that says too much of itself', Buffer.alloc(64, 0xff), /checksum is wrong/],
  ])('end a stream of frames in an error event when it is %s', async (_case, last, message) => {
    const reply = frames(started, said, last);
    const { gateway, post } = await start([{ format: 'bedrock-converse', settings: CONVERSE, reply }]);
    const text = await (await post({ ...ASK, stream: true })).text();
    expect(text).toContain('Half of it');
    const [, event = ''] = /event: error\ndata: (.*)\n/.exec(text) ?? [];
    expect(JSON.parse(event)).toMatchObject({ type: 'error', error: { message: expect.stringMatching(message) } });
    expect(text).not.toContain('message_stop');
    const [record] = await gateway.recorded(1);
    expect(record?.call.status).toBe('incomplete');
    expect(record?.upstreamRaw).toContain('event: contentBlockDelta\ndata: {"contentBlockIndex":0');
  });

  /** Spaces, escapes and numbers that no JSON writer makes, and blocks that must not be touched. */
  const HISTORY =
    '[{"role":"user","content":[{"type":"text","text":"\\u00fc","cache_control" : {"type":"ephemeral"}}]},' +
    '{"role":"assistant","content":[{"type":"thinking","thinking":"h\\/m","signature":"c2ln+\\/=="},' +
    '{"type":"tool_use","id":"toolu_1","name":"read","input":{"n":1.0}}]},' +
    '{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}]}]';
  const REQUEST = `{ "model":"claude-x", "max_tokens" : 50,"stream":true,"messages":${HISTORY} }`;
  const BETAS = { 'anthropic-beta': 'interleaved-thinking-2025-05-14,unknown-2099-01-01' };
  const DELTA = '{"type":"content_block_delta" , "index":0,"delta":{"type":"text_delta","text":"gr\\u00fcn"}}';
  const EVENTS = [
    '{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}',
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
    DELTA,
    '{"type":"content_block_stop","index":0}',
    '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}',
    '{"type":"message_stop"}',
  ];

  it("pass the bytes of Anthropic's format through Bedrock, both ways", async () => {
    const chunk = (text: string) => eventFrame('chunk', { bytes: Buffer.from(text).toString('base64') });
    const reply = frames(...EVENTS.map(chunk));
    const { gateway, fakes, post } = await start([{ format: 'bedrock-anthropic', settings: BEDROCK_ANTHROPIC, reply }]);
    const response = await post(REQUEST, BETAS);
    expect(await response.text()).toContain(`event: content_block_delta\ndata: ${DELTA}\n\n`);
    expect(response.headers.get('x-trimtab-losses')).toMatch(/anthropic-beta/);
    const [sent] = fakes[0]?.requests ?? [];
    expect(sent?.path).toBe('/model/anthropic.claude-0/invoke-with-response-stream');
    expect(sent?.bodyText).toContain(`"messages":${HISTORY}`);
    expect(sent?.body).toMatchObject({
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['interleaved-thinking-2025-05-14'],
    });
    expect(Object.keys(sent?.body ?? {})).not.toContain('stream');
    expect((await gateway.recorded(1))[0]).toMatchObject({
      call: { status: 'ok', usage: { outputTokens: 5 } },
      upstreamRaw: expect.stringContaining(DELTA),
    });
  });

  it("pass the bytes of Anthropic's format through Vertex, with the flags in the header", async () => {
    const tokens = await createFakeGoogleTokens();
    const wire = EVENTS.map((data) => `event: ${(JSON.parse(data) as { type: string }).type}\ndata: ${data}\n\n`);
    const reply: FakeReply = { type: 'raw', headers: { 'content-type': 'text/event-stream' }, pieces: wire };
    const settings = (origin: string) => VERTEX_ANTHROPIC(origin, tokens.serviceAccount);
    const { fakes, post } = await start([{ format: 'vertex-anthropic', settings, reply }], tokens.fetch);
    expect(await (await post(REQUEST, BETAS)).text()).toBe(wire.join(''));
    const [sent] = fakes[0]?.requests ?? [];
    expect(sent?.path).toBe(
      '/v1/projects/p/locations/l/publishers/anthropic/models/anthropic.claude-0:streamRawPredict',
    );
    expect(sent?.headers['anthropic-beta']).toBe('interleaved-thinking-2025-05-14');
    expect(sent?.headers['authorization']).toBe(`Bearer ${tokens.tokens[0]}`);
    expect(sent?.bodyText).toContain(`"messages":${HISTORY}`);
    expect(sent?.body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', stream: true });
    await tokens.close();
  });

  it("tell an error of the host in Anthropic's shape", async () => {
    const body = { message: 'Input is too long for requested model.' };
    const reply: FakeReply = {
      ...{ type: 'http', status: 400, body },
      headers: { 'x-amzn-errortype': 'ValidationException' },
    };
    const { post } = await start([{ format: 'bedrock-anthropic', settings: BEDROCK_ANTHROPIC, reply }]);
    const response = await post(ASK);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining('prompt is too long') },
    });
  });

  describe('without credentials', () => {
    const keyless: Upstream = {
      format: 'bedrock-converse',
      settings: (origin) => ({ like: 'bedrock', baseUrl: origin, region: 'us-east-1', aws: {} }),
      reply: FINE,
    };

    it('answer 502 with what to do, never a 401, and raise an alarm', async () => {
      const { gateway, fakes, post } = await start([keyless]);
      const response = await post(ASK);
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({
        error: { type: 'api_error', message: expect.stringMatching(/provider p0: .*set aws\.accessKeyId/) },
      });
      expect(fakes[0]?.requests).toHaveLength(0);
      expect((await gateway.recorded(1))[0]?.call.attempts).toMatchObject([{ outcome: 'connect_error' }]);
      expect(alarms).toMatchObject([{ provider: 'p0', msg: expect.stringMatching(/set aws\.accessKeyId/) }]);
    });

    it('leave the call to its fallback, and raise an alarm all the same', async () => {
      const { gateway, post } = await start([keyless, FALLBACK]);
      expect((await post({ ...ASK, stream: true })).status).toBe(200);
      expect((await gateway.recorded(1))[0]?.call).toMatchObject({ status: 'ok', provider: 'p1', path: 'fallback' });
      expect(alarms).toMatchObject([{ provider: 'p0', msg: expect.stringMatching(/aws\.accessKeyId.*fallback$/) }]);
    });

    it('leave the call to its fallback when Google hands out no token for now', async () => {
      const tokens = await createFakeGoogleTokens();
      tokens.fail(503);
      const settings = (origin: string) => VERTEX_ANTHROPIC(origin, tokens.serviceAccount);
      const vertex: Upstream = { format: 'vertex-anthropic', settings, reply: FINE };
      const { gateway, post } = await start([vertex, FALLBACK], tokens.fetch);
      expect((await post(ASK)).status).toBe(200);
      const [record] = await gateway.recorded(1);
      expect(record?.call.attempts).toMatchObject([
        { outcome: 'connect_error', error: expect.stringMatching(/Google credentials cannot be fetched now/) },
        { outcome: 'ok' },
      ]);
      // An outage is no fault of anybody's configuration.
      expect(alarms).toEqual([]);
      await tokens.close();
    });
  });
});
