import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { freePort } from '#shared/free-port.ts';
import type { FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply, FakeScript } from '#shared/testing/fake-reply.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import {
  adminDatabase,
  createTestBench,
  seedConfig,
  type TestBench,
  type TestGateway,
  until,
} from './testing/gateway-fixture.ts';

const ASK = { model: 'claude-sonnet', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] };
const FINE: FakeReply = { type: 'message', text: 'fine, thank you, and how are you today?' };

function refusal(status: number, headers: Record<string, string> = {}, message = 'scripted'): FakeReply {
  return { type: 'http', status, headers, body: { error: { message, type: 'error', code: null } } };
}

describe('faults of upstreams', () => {
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

  /** A gateway whose target is the first script, and whose fallbacks are the others. An address stands for itself. */
  async function start(scripts: (FakeReply | FakeScript | string)[], settings: Record<string, string> = {}, more = {}) {
    projects += 1;
    const providers: (FakeProvider | null)[] = [];
    const addresses: string[] = [];
    for (const script of scripts) {
      const provider = typeof script === 'string' ? null : await bench.provider(script, more);
      providers.push(provider);
      addresses.push(provider?.baseUrl ?? String(script));
    }
    const models = scripts.map((_, index) => `model-${index}`);
    const format = (more as { format?: string }).format ?? 'openai-chat';
    const config = await seedConfig(admin, {
      project: `faults-${projects}`,
      providers: Object.fromEntries(
        addresses.map((baseUrl, index) => [`p${index}`, { format, baseUrl, network: 'private', apiKey: 'k' }]),
      ),
      models: models.map((id, index) => ({ id, provider: `p${index}`, price: { input: 1, output: 1 } })),
      routes: [
        { match: { model: 'claude-*' }, targets: [{ model: 'model-0', weight: 1 }], fallbacks: models.slice(1) },
      ],
      gateway: { pingInterval: '60s', ...settings },
    });
    const gateway = await bench.gateway(config);
    return { gateway, providers };
  }

  const post = (gateway: TestGateway, body: object = ASK, init: RequestInit = {}) =>
    fetch(`${gateway.baseUrl}/v1/messages`, { method: 'POST', body: JSON.stringify(body), ...init });

  const outcomes = (gateway: TestGateway) =>
    gateway.records.at(-1)?.call.attempts.map(({ model, outcome, httpStatus }) => [model, httpStatus ?? outcome]);

  it('falls back in order, on a refused connection, a reset, a 429 and a 5xx', async () => {
    const nobody = `http://127.0.0.1:${await freePort('127.0.0.1')}/v1`;
    const { gateway } = await start([nobody, { type: 'reset' }, refusal(429), refusal(503), FINE]);
    for (const stream of [false, true]) {
      const response = await post(gateway, { ...ASK, stream });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('fine, thank');
    }
    await gateway.recorded(2);
    expect(outcomes(gateway)).toEqual([
      ['model-0', 'connect_error'],
      ['model-1', 'connect_error'],
      ['model-2', 429],
      ['model-3', 503],
      ['model-4', 200],
    ]);
    expect(gateway.records[0]?.call).toMatchObject({ path: 'fallback', provider: 'p4', status: 'ok' });
  });

  it("goes nowhere else with what the client did wrong, and keeps the upstream's words", async () => {
    const { gateway, providers } = await start([refusal(400, {}, 'messages.0: too odd'), FINE]);
    const response = await post(gateway);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('messages.0: too odd') },
      request_id: response.headers.get('x-trimtab-call-id'),
    });
    expect(providers[1]?.requests).toHaveLength(0);
    expect((await gateway.recorded(1))[0]?.call).toMatchObject({
      status: 'upstream_error',
      errorType: 'invalid_request_error',
    });
  });

  it('waits for a short retry-after once, and asks the same upstream again', async () => {
    const script: FakeScript = ({ index }) => (index === 0 ? refusal(429, { 'retry-after': '0' }) : FINE);
    const { gateway } = await start([script, FINE]);
    expect((await post(gateway)).status).toBe(200);
    await gateway.recorded(1);
    expect(outcomes(gateway)).toEqual([
      ['model-0', 429],
      ['model-0', 200],
    ]);
  });

  it('asks again only once, and passes a longer retry-after on', async () => {
    const { gateway, providers } = await start([refusal(429, { 'retry-after': '0' })]);
    expect((await post(gateway)).status).toBe(429);
    expect(providers[0]?.requests).toHaveLength(2);
    const slow = await start([refusal(429, { 'retry-after': '77' })]);
    const response = await post(slow.gateway);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '77']);
    expect(slow.providers[0]?.requests).toHaveLength(1);
  });

  it.each([401, 403])('makes no client fault of an upstream %i', async (status) => {
    const { gateway } = await start([refusal(status, {}, 'Incorrect API key provided'), FINE]);
    const response = await post(gateway);
    expect([401, 403]).not.toContain(response.status);
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(response.headers.get('x-trimtab-call-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers an HTML error page in the Anthropic envelope', async () => {
    const html: FakeReply = {
      type: 'http',
      status: 502,
      body: '<html>Bad Gateway</html>',
      headers: { 'content-type': 'text/html' },
    };
    const { gateway } = await start([html]);
    const response = await post(gateway);
    expect(response.status).toBeGreaterThanOrEqual(500);
    const body = (await response.json()) as { error: { type: string; message: string } };
    expect(body.error.type).toBe('api_error');
    expect(body.error.message).not.toContain('<html>');
  });

  it('gives up on an upstream whose first byte does not come, and takes the fallback', async () => {
    const { gateway } = await start([{ type: 'silence' }, FINE], { firstByteTimeout: '200ms' });
    expect((await post(gateway)).status).toBe(200);
    await gateway.recorded(1);
    expect(outcomes(gateway)?.[0]).toEqual(['model-0', 'first_byte_timeout']);
    const alone = await start([{ type: 'silence' }], { firstByteTimeout: '200ms' });
    expect((await post(alone.gateway)).status).toBe(504);
  });

  it('answers while a stream is silent with pings, before the first byte and in the middle', async () => {
    const late: FakeReply = { ...FINE, headersDelayMs: 300 } as FakeReply;
    const before = await start([late], { pingInterval: '50ms' });
    const text = await (await post(before.gateway, { ...ASK, stream: true })).text();
    expect(text.indexOf('event: ping')).toBeLessThan(text.indexOf('event: message_start'));
    expect(text).toContain('event: message_stop');
    const stuck: FakeReply = { ...FINE, silentAfterEvents: 3 } as FakeReply;
    const middle = await start([stuck], { pingInterval: '50ms', idleTimeout: '400ms' });
    const events = await (await post(middle.gateway, { ...ASK, stream: true })).text();
    expect(events.lastIndexOf('event: ping')).toBeGreaterThan(events.indexOf('event: content_block_delta'));
  });

  it('falls back after a ping has gone out, and ends in an error event when nobody is left', async () => {
    const slowly: FakeReply = { ...refusal(503), headersDelayMs: 200 } as FakeReply;
    const { gateway } = await start([slowly, FINE], { pingInterval: '50ms' });
    const text = await (await post(gateway, { ...ASK, stream: true })).text();
    expect(text).toMatch(/^event: ping[\s\S]*message_start[\s\S]*message_stop/);
    const alone = await start([slowly], { pingInterval: '50ms' });
    const failed = await post(alone.gateway, { ...ASK, stream: true });
    expect(failed.status).toBe(200);
    expect(await failed.text()).toMatch(/event: ping[\s\S]*event: error/);
  });

  it.each([
    ['openai-chat', 'cutAfterEvents'],
    ['openai-chat', 'silentAfterEvents'],
    ['anthropic-messages', 'cutAfterEvents'],
    ['anthropic-messages', 'silentAfterEvents'],
  ] as const)('ends a broken %s stream (%s) in an error event, never in a clean finish', async (format, fault) => {
    const { gateway } = await start([{ ...FINE, [fault]: 4 } as FakeReply], { idleTimeout: '200ms' }, { format });
    const text = await (await post(gateway, { ...ASK, stream: true })).text();
    expect(text).toContain('event: error');
    expect(text).not.toContain('message_stop');
    for (const data of text.matchAll(/^data: ([^\n]*)$/gm)) expect(() => JSON.parse(data[1] ?? '')).not.toThrow();
    const [record] = await gateway.recorded(1);
    expect(record?.call.status).toBe('incomplete');
    expect(record?.call.attempts.at(-1)?.outcome).toBe(fault === 'cutAfterEvents' ? 'cut' : 'idle_timeout');
    const client = new Anthropic({ apiKey: 'k', baseURL: gateway.baseUrl, maxRetries: 0 });
    const asked = { ...ASK, messages: [{ role: 'user' as const, content: 'hi' }] };
    await expect(client.messages.stream(asked).finalMessage()).rejects.toThrow();
  });

  it('ends a forwarded answer where it ends, whatever comes after it in the same piece', async () => {
    const events = [
      'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"model-0","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n',
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}\n\n',
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ].join('');
    const twice: FakeReply = {
      type: 'raw',
      headers: { 'content-type': 'text/event-stream' },
      pieces: [events + events],
    };
    const { gateway } = await start([twice], {}, { format: 'anthropic-messages' });
    const text = await (await post(gateway, { ...ASK, stream: true })).text();
    expect(text.match(/event: (message_\w+)/g)).toEqual([
      'event: message_start',
      'event: message_delta',
      'event: message_stop',
    ]);
  });

  it('forwards the last event of an answer whose last line end comes in two pieces', async () => {
    const last = 'event: message_stop\r\ndata: {"type":"message_stop"}\r\n\r';
    const first = [
      'event: message_start\r\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"model-0","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}\r\n\r\n',
      'event: content_block_start\r\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"hi"}}\r\n\r\n',
      'event: content_block_stop\r\ndata: {"type":"content_block_stop","index":0}\r\n\r\n',
      'event: message_delta\r\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}\r\n\r\n',
    ].join('');
    const pieces = [first, last, '\n'];
    const crlf: FakeReply = { type: 'raw', headers: { 'content-type': 'text/event-stream' }, pieces };
    const { gateway } = await start([crlf], {}, { format: 'anthropic-messages' });
    const text = await (await post(gateway, { ...ASK, stream: true })).text();
    expect(text).toBe(pieces.join(''));
  });

  it.each([
    ['whole', 100_000],
    ['in pieces of seven bytes', 7],
  ])('forwards a stream whose lines end in CR alone, when it comes %s', async (_how, size) => {
    const text = [
      'event: message_start\rdata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"model-0","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}\r\r',
      'event: content_block_start\rdata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"hi"}}\r\r',
      'event: content_block_stop\rdata: {"type":"content_block_stop","index":0}\r\r',
      'event: message_delta\rdata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}\r\r',
      'event: message_stop\rdata: {"type":"message_stop"}\r\r',
    ].join('');
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.slice(index * size, (index + 1) * size),
    );
    const returns: FakeReply = { type: 'raw', headers: { 'content-type': 'text/event-stream' }, pieces };
    const { gateway } = await start([returns], {}, { format: 'anthropic-messages' });
    expect(await (await post(gateway, { ...ASK, stream: true })).text()).toBe(text);
    expect((await gateway.recorded(1))[0]?.call.status).toBe('ok');
    const client = new Anthropic({ apiKey: 'k', baseURL: gateway.baseUrl, maxRetries: 0 });
    const asked = { ...ASK, messages: [{ role: 'user' as const, content: 'hi' }] };
    expect((await client.messages.stream(asked).finalMessage()).content).toMatchObject([{ type: 'text', text: 'hi' }]);
  });

  it('ends an answer that trickles when all of it has taken too long', async () => {
    const trickle: FakeReply = { type: 'message', text: 'x'.repeat(1_000), pieceCharacters: 1, pieceDelayMs: 20 };
    const { gateway } = await start([trickle, FINE], { totalTimeout: '300ms' });
    const text = await (await post(gateway, { ...ASK, stream: true })).text();
    expect(text).toMatch(/event: error[\s\S]*did not come to the end/);
    const [record] = await gateway.recorded(1);
    expect(record?.call.status).toBe('incomplete');
    expect(record?.call.attempts.map(({ outcome }) => outcome)).toEqual(['total_timeout']);
  });

  it('cuts a forwarded stream between events, even when the upstream breaks inside one', async () => {
    const start_ = `event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"model-0","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n`;
    const broken: FakeReply = {
      type: 'raw',
      headers: { 'content-type': 'text/event-stream' },
      pieces: [start_, 'event: content_block_start\ndata: {"type":"content_bl'],
      cut: true,
    };
    const { gateway } = await start([broken], {}, { format: 'anthropic-messages' });
    const text = await (await post(gateway, { ...ASK, stream: true })).text();
    expect(text.startsWith(start_)).toBe(true);
    expect(text.slice(start_.length)).toMatch(/^event: error\ndata: \{.*\}\n\n$/);
  });

  it.each(['openai-chat', 'anthropic-messages'])(
    'ends a %s stream at an event that outgrows every limit, although the upstream goes on',
    async (format) => {
      const endless: FakeReply = {
        type: 'raw',
        headers: { 'content-type': 'text/event-stream' },
        // Of three bytes each, so that the limit is one of bytes as well as of characters.
        pieces: ['data: ', '\u20ac'.repeat(9 * 1024 * 1024)],
        silent: true,
      };
      const { gateway, providers } = await start([endless], { pingInterval: '60s' }, { format });
      const text = await (await post(gateway, { ...ASK, stream: true })).text();
      expect(text).toMatch(/^event: error\ndata: \{.*too large.*\}\n\n$/);
      expect(await providers[0]?.requests[0]?.ended).toBe('cancelled');
      expect((await gateway.recorded(1))[0]?.call.attempts[0]?.outcome).toBe('cut');
    },
  );

  it('answers 502 to a body that breaks off, and to one that is not JSON', async () => {
    const { gateway } = await start([{ ...FINE, cutAfterEvents: 1 } as FakeReply]);
    expect((await post(gateway)).status).toBe(502);
    const odd: FakeReply = { type: 'raw', headers: { 'content-type': 'application/json' }, pieces: ['surprise'] };
    expect((await post((await start([odd])).gateway)).status).toBe(502);
    expect((await gateway.recorded(1))[0]?.call.attempts[0]?.outcome).toBe('cut');
  });

  it.each([
    ['before the first byte', { type: 'silence' }],
    ['in the middle of a stream', { ...FINE, silentAfterEvents: 3 }],
  ] as const)('cancels the upstream when the client goes %s', async (_when, reply) => {
    const { gateway, providers } = await start([reply as FakeReply], { pingInterval: '20ms' });
    const leaving = new AbortController();
    const response = await post(gateway, { ...ASK, stream: true }, { signal: leaving.signal });
    await response.body?.getReader().read();
    // A ping may reach the client before the request reaches a busy upstream.
    await until(() => providers[0]?.requests.length === 1);
    leaving.abort();
    expect(await providers[0]?.requests[0]?.ended).toBe('cancelled');
    expect((await gateway.recorded(1))[0]?.call.status).toBe('client_cancelled');
  });

  it('calls no address inside the network unless the provider is declared private', async () => {
    const provider = await bench.provider(FINE);
    projects += 1;
    const config = await seedConfig(admin, {
      project: `faults-${projects}`,
      providers: {
        sneaky: { format: 'openai-chat', baseUrl: provider.baseUrl.replace('http:', 'https:'), apiKey: 'k' },
      },
      models: [{ id: 'm', provider: 'sneaky', price: { input: 1, output: 1 } }],
      routes: [{ match: {}, targets: [{ model: 'm', weight: 1 }] }],
    });
    const response = await post(await bench.gateway(config));
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('network: private');
    expect(provider.requests).toHaveLength(0);
  });
});
