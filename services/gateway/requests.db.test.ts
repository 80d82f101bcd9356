import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { createKeyStore } from '#shared/database/key-store.ts';
import { callRecordSchema } from '#shared/domain/call-record.ts';
import type { FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply } from '#shared/testing/fake-reply.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import {
  adminDatabase,
  createTestBench,
  SPOOL_BYTES_MAX,
  seedConfig,
  type TestBench,
  type TestGateway,
  until,
} from './testing/gateway-fixture.ts';

const MESSAGES = [{ role: 'user', content: 'hello' }];
const ASK = { model: 'claude-sonnet', max_tokens: 50, messages: MESSAGES };

describe('requests to the gateway', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let provider: FakeProvider;
  let gateway: TestGateway;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    bench = await createTestBench(testDatabase.connectionString);
    provider = await bench.provider({ type: 'message', text: 'ok' });
    gateway = await bench.gateway(await configOf('requests'));
  });
  afterAll(async () => {
    await bench.close();
    await admin.destroy();
    await testDatabase.drop();
  });

  const configOf = (project: string, more: Record<string, unknown> = {}) =>
    seedConfig(admin, {
      project,
      providers: { vllm: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' } },
      models: [
        { id: 'qwen', provider: 'vllm', aliases: ['claude-haiku-4-5'], price: { input: 1, output: 1 } },
        { id: 'org/llama', provider: 'vllm', price: { input: 1, output: 1 } },
      ],
      routes: [{ match: { model: 'claude-s*' }, targets: [{ model: 'qwen', weight: 1 }] }],
      ...more,
    });

  async function send(path: string, init: RequestInit = {}, to = gateway) {
    const response = await fetch(`${to.baseUrl}${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text.startsWith('{') ? JSON.parse(text) : null,
    };
  }
  const post = (body: unknown, headers: Record<string, string> = {}, to = gateway) =>
    send('/v1/messages', { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) }, to);

  describe('that are bad', () => {
    const deep = `{"model":"claude-s","max_tokens":1,"messages":[{"role":"user","content":"x"}],"metadata":${'['.repeat(9_000)}${']'.repeat(9_000)}}`;
    it.each<[string, unknown, number, string, RegExp]>([
      ['no JSON', '{"model": "claude-sonnet", ', 400, 'invalid_request_error', /not valid JSON.*send one JSON object/],
      ['nothing', '', 400, 'invalid_request_error', /empty/],
      ['a list', '[1]', 400, 'invalid_request_error', /JSON object/],
      ['null', 'null', 400, 'invalid_request_error', /JSON object/],
      ['no model', { ...ASK, model: undefined }, 400, 'invalid_request_error', /^model: /],
      ['a model of the wrong type', { ...ASK, model: 7 }, 400, 'invalid_request_error', /^model: /],
      ['no messages', { ...ASK, messages: [] }, 400, 'invalid_request_error', /^messages: /],
      ['messages of the wrong type', { ...ASK, messages: 'hi' }, 400, 'invalid_request_error', /^messages: /],
      [
        'a message without content',
        { ...ASK, messages: [{ role: 'user' }] },
        400,
        'invalid_request_error',
        /^messages\.0\.content/,
      ],
      [
        'an unknown role',
        { ...ASK, messages: [{ role: 'robot', content: '' }] },
        400,
        'invalid_request_error',
        /^messages\.0\.role/,
      ],
      ['max_tokens of the wrong type', { ...ASK, max_tokens: 'many' }, 400, 'invalid_request_error', /^max_tokens/],
      ['stream of the wrong type', { ...ASK, stream: 'yes' }, 400, 'invalid_request_error', /^stream/],
      ['tools of the wrong type', { ...ASK, tools: {} }, 400, 'invalid_request_error', /^tools/],
      ['bottomless nesting', deep, 400, 'invalid_request_error', /nested deeper/],
      [
        'an unknown model',
        { ...ASK, model: 'gpt-9' },
        404,
        'not_found_error',
        /gpt-9 is not served here.*claude-haiku-4-5/,
      ],
    ])('are answered with one clear error: %s', async (_name, body, status, type, message) => {
      const answer = await post(body);
      expect([answer.status, answer.body.type, answer.body.error.type]).toEqual([status, 'error', type]);
      expect(answer.body.error.message).toMatch(message);
      expect(answer.body.error.message).not.toMatch(/\n\s+at /);
      expect(answer.headers.get('x-trimtab-call-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.body.request_id).toBe(answer.headers.get('x-trimtab-call-id'));
    });

    it('are heard out and answered when they have 40 MB', async () => {
      const answer = await post({ ...ASK, system: 'x'.repeat(40 * 1024 * 1024) });
      expect([answer.status, answer.body.error.type]).toEqual([413, 'request_too_large']);
      expect(answer.body.error.message).toMatch(/larger than 32 MB; shorten/);
    });

    it('reach no upstream, and do no harm to the next good one', async () => {
      const before = provider.requests.length;
      await post('{');
      await post({ ...ASK, model: 'gpt-9' });
      expect(provider.requests).toHaveLength(before);
      expect((await post(ASK)).status).toBe(200);
    });

    it('get the documented refusal when they ask for a thread', async () => {
      const answer = await post({ ...ASK, thread: { type: 'create' } });
      expect(answer.status).toBe(400);
      expect(answer.body.error.details).toEqual({ error_code: 'thread_unsupported_request', unsupported: ['thread'] });
    });

    it('are audited when they ask for a model off the list, with the names that may be asked for', async () => {
      const model = `off-list-${randomUUID()}`;
      const answer = await post({ ...ASK, model });
      expect(answer.body.error.details).toMatchObject({
        error_code: 'model_not_allowed',
        allowed_models: ['qwen', 'claude-haiku-4-5', 'org/llama'],
      });
      const events = () => admin.selectFrom('auditEvent').selectAll().where('subject', '=', model).execute();
      await until(async () => (await events()).length === 1);
      expect((await events())[0]).toMatchObject({
        action: 'call.refused',
        reason: 'unknown_model',
        projectId: 'requests',
      });
    });
  });

  it.each([
    { 'anthropic-version': '2023-06-01', 'x-api-key': 'k', 'anthropic-beta': 'never-heard-of-2030' },
    { 'anthropic-version': '2026-10-21', authorization: 'Bearer k' },
    {},
  ])('are served with headers %j and unknown fields', async (headers) => {
    expect((await post({ ...ASK, brand_new_field: { a: 1 } }, headers as Record<string, string>)).status).toBe(200);
  });

  it('may ask for an allow-listed model by its id or an alias, without a route', async () => {
    expect((await post({ ...ASK, model: 'org/llama' })).status).toBe(200);
    expect(provider.requests.at(-1)?.body['model']).toBe('org/llama');
    await post({ ...ASK, model: 'claude-haiku-4-5' });
    expect(provider.requests.at(-1)?.body['model']).toBe('qwen');
  });

  it('are told what their translation lost', async () => {
    const answer = await post({ ...ASK, top_k: 5, context_management: { edits: [] } });
    expect(answer.headers.get('x-trimtab-losses')).toMatch(/dropped \/top_k/);
    const lost = gateway.records.at(-1)?.call.losses.map(({ pointer }) => pointer);
    expect(lost).toEqual(expect.arrayContaining(['/top_k', '/context_management']));
    expect((await post(ASK)).headers.get('x-trimtab-losses')).toBeNull();
  });

  it('may count tokens here, without a model being asked', async () => {
    const before = provider.requests.length;
    const count = (body: object) =>
      send('/v1/messages/count_tokens?beta=true', { method: 'POST', body: JSON.stringify(body) });
    const small = await count({ model: 'claude-s', messages: MESSAGES, tools: [] });
    const large = await count({ model: 'claude-s', messages: [{ role: 'user', content: 'word '.repeat(1000) }] });
    expect(small.body.input_tokens).toBeGreaterThan(0);
    expect(large.body.input_tokens).toBeGreaterThan(1000);
    expect((await count({ model: 'claude-s' })).status).toBe(400);
    expect(provider.requests).toHaveLength(before);
  });

  it('may list the models, with pages, and look one up', async () => {
    const all = await send('/v1/models?limit=1000');
    expect(all.body).toMatchObject({
      data: [
        { type: 'model', id: 'qwen' },
        { id: 'claude-haiku-4-5', display_name: 'claude-haiku-4-5 (qwen)' },
        { id: 'org/llama' },
      ],
      has_more: false,
      first_id: 'qwen',
      last_id: 'org/llama',
    });
    expect((await send('/v1/models?limit=2')).body).toMatchObject({ has_more: true, last_id: 'claude-haiku-4-5' });
    expect((await send('/v1/models?limit=2&after_id=claude-haiku-4-5')).body.data).toHaveLength(1);
    expect((await send('/v1/models?limit=zero')).status).toBe(400);
    expect((await send('/v1/models/org%2Fllama')).body.id).toBe('org/llama');
    expect((await send('/v1/models/org/llama')).body.id).toBe('org/llama');
    expect(await send('/v1/models/gpt-9')).toMatchObject({ status: 404, body: { error: { type: 'not_found_error' } } });
  });

  it.each(['/', '/api/hello'])('are greeted at HEAD %s', async (path) => {
    expect((await send(path, { method: 'HEAD' })).status).toBe(200);
  });

  it.each([
    ['no HTTP at all', 'hello gateway\r\n\r\n', 400],
    ['headers beyond every limit', `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    [
      'a path that cannot be decoded',
      'GET /v1/models/%zz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      400,
    ],
    ['a method of its own', 'BREW / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 400],
    ['a method that nothing has', 'PROPFIND / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 404],
    ['no length that is one', 'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1x\r\n\r\n{}', 400],
  ])('that are %s get an error of the same form', async (_what, bytes, status) => {
    const socket = connect(Number(new URL(gateway.baseUrl).port), '127.0.0.1');
    socket.end(bytes);
    const answer = (await socket.setEncoding('utf8').toArray()).join('');
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const callId = /^x-trimtab-call-id: ([0-9a-f-]{36})$/m.exec(head)?.[1];
    expect(JSON.parse(body)).toMatchObject({ type: 'error', request_id: callId });
  });

  it.each(['/v1/messages/batches', '/v1/files', '/v1/complete'])('to %s are told what is served', async (path) => {
    const answer = await send(`${path}?beta=true`, { method: 'POST', body: '{"requests":[]}' });
    expect([answer.status, answer.body.error.type]).toEqual([404, 'not_found_error']);
    expect(answer.body.error.message).toMatch(new RegExp(`^POST ${path} is not served here. The gateway serves POST`));
    expect(answer.headers.get('x-trimtab-call-id')).toBe(answer.body.request_id);
  });

  it('to nowhere get an error of the same form', async () => {
    expect(await send('/v1/nothing', { method: 'POST', body: '{}' })).toMatchObject({
      status: 404,
      body: { type: 'error', error: { type: 'not_found_error' } },
    });
  });

  it('are answered when the gateway itself fails, and do no harm to the next one', async () => {
    let isBroken = true;
    const onBegin = () => {
      if (isBroken) throw new Error('a fault of ours');
    };
    const faulty = await bench.gateway(await configOf('faulty'), { onBegin });
    const answer = await post(ASK, {}, faulty);
    expect([answer.status, answer.body.error.type]).toEqual([500, 'api_error']);
    expect(answer.body.error.message).not.toContain('a fault of ours');
    expect(answer.headers.get('x-trimtab-call-id')).toBe(answer.body.request_id);
    isBroken = false;
    expect((await post(ASK, {}, faulty)).status).toBe(200);
  });

  it('are served by a gateway whose spool is full, which says so and stays in service', async () => {
    const full = await bench.gateway(await configOf('full'), { spoolBytes: SPOOL_BYTES_MAX });
    expect((await post(ASK, {}, full)).status).toBe(200);
    const ready = await send('/readyz', {}, full);
    expect([ready.status, ready.body.status]).toEqual([200, 'degraded']);
    expect(ready.body.checks).toEqual({ policies: true, spool: { degraded: expect.stringMatching(/^full/) } });
  });

  it('are refused by a gateway whose spool is full, where the configuration says so', async () => {
    const config = await configOf('refusing', { gateway: { spoolFull: 'refuse' } });
    const full = await bench.gateway(config, { spoolBytes: SPOOL_BYTES_MAX });
    const answer = await post(ASK, {}, full);
    expect([answer.status, answer.body.error.type]).toEqual([503, 'overloaded_error']);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(full.begun).toEqual([]);
    const metrics = await (await fetch(`${full.baseUrl}/metrics`)).text();
    expect(metrics).toContain('trimtab_spool_full{policy="refuse"} 1');
    expect(metrics).toContain('trimtab_requests_refused_total{reason="spool_full"} 1');
    const roomy = await bench.gateway(config);
    expect((await post(ASK, {}, roomy)).status).toBe(200);
  });

  it('are kept although their spans cannot be', async () => {
    const recordCall = () => {
      throw new Error('no spans today');
    };
    const spanless = await bench.gateway(await configOf('spanless'), {
      telemetry: { recordCall, shutdown: async () => undefined },
    });
    expect((await post(ASK, {}, spanless)).status).toBe(200);
    await spanless.recorded(1);
  });

  it('are recorded in a form that the store takes, whatever clock and upstream say', async () => {
    let isBack = false;
    const now = () => Date.now() - (isBack ? 3_600_000 : 0);
    const odd: FakeReply = {
      type: 'http',
      status: 200,
      body: { type: 'message', content: [], usage: {}, model: 7, stop_reason: 1 },
    };
    const script = () => {
      isBack = true;
      return odd;
    };
    const upstream = await bench.provider(script, { format: 'anthropic-messages' });
    const providers = { odd: { format: 'anthropic-messages', baseUrl: upstream.baseUrl, network: 'private' } };
    const models = [{ id: 'qwen', provider: 'odd', price: { input: 1, output: 1 } }];
    const unsteady = await bench.gateway(await configOf('unsteady', { providers, models }), { now });
    expect((await post(ASK, {}, unsteady)).status).toBe(200);
    const [record] = await unsteady.recorded(1);
    expect(callRecordSchema.safeParse(record).error).toBeUndefined();
  });

  describe('under keys', () => {
    it('need one from the first key on, take it in either header, and lose it by revoking within seconds', async () => {
      const keyed = await bench.gateway(await configOf('keyed'));
      const keys = createKeyStore(admin);
      expect((await post(ASK, {}, keyed)).status).toBe(200);
      const { keyId, secret } = await keys.create({ projectId: 'keyed', name: 'ada', developer: 'ada', repo: 'shop' });
      await keyed.service.refresh();
      const refused = await post(ASK, { 'x-api-key': 'anything' }, keyed);
      expect([refused.status, refused.body.error.type]).toEqual([401, 'authentication_error']);
      expect((await post(ASK, {}, keyed)).status).toBe(401);
      expect((await send('/v1/models', {}, keyed)).status).toBe(401);
      expect((await send('/', { method: 'HEAD' }, keyed)).status).toBe(200);
      for (const headers of [{ 'x-api-key': secret }, { authorization: `Bearer ${secret}` }]) {
        expect((await post(ASK, { ...headers, 'x-trimtab-developer': 'mallory' }, keyed)).status).toBe(200);
      }
      expect((await post(ASK, { 'x-api-key': 'left-over', authorization: `Bearer ${secret}` }, keyed)).status).toBe(
        200,
      );
      expect(keyed.records.at(-1)?.call).toMatchObject({ keyId, developer: 'ada', repo: 'shop', projectId: 'keyed' });
      expect(JSON.stringify(keyed.records)).not.toContain(secret);
      await keys.revoke('keyed', keyId);
      await until(async () => (await post(ASK, { 'x-api-key': secret }, keyed)).status === 401);
    });

    it('are asked for their key first, however large they are', async () => {
      const keyed = await bench.gateway(await configOf('keyed-3'));
      await createKeyStore(admin).create({ projectId: 'keyed-3', name: 'ada' });
      await keyed.service.refresh();
      for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
        const answer = await send(path, { method: 'POST', body: 'x'.repeat(40 * 1024 * 1024) }, keyed);
        expect([path, answer.status]).toEqual([path, 401]);
      }
    });

    it('are served at once with a key that was made a moment ago', async () => {
      const keyed = await bench.gateway(await configOf('keyed-2'));
      const { secret } = await createKeyStore(admin).create({ projectId: 'keyed-2', name: 'new' });
      expect((await post(ASK, { 'x-api-key': secret }, keyed)).status).toBe(200);
      expect(keyed.records.at(-1)?.call.keyId).not.toBeNull();
    });

    it.each([{ 'x-forwarded-for': '10.1.2.3' }, { origin: 'https://evil.example' }])(
      'count as from elsewhere before the first key when they carry %j',
      async (headers) => {
        expect((await post(ASK, headers as Record<string, string>)).status).toBe(401);
      },
    );
  });

  describe('under a capture mode', () => {
    const SECRET = 'mail ada@example.org';
    const asked = { ...ASK, messages: [{ role: 'user', content: SECRET }] };

    it('redacted: the text is kept without what is personal', async () => {
      const redacting = await bench.gateway(await configOf('redacted', { capture: 'redacted' }));
      await post(asked, {}, redacting);
      const [record] = await redacting.recorded(1);
      expect(JSON.stringify(record)).not.toContain('ada@example.org');
      expect(JSON.stringify(record?.request)).toContain('mail [email]');
      expect(provider.requests.at(-1)?.bodyText).toContain('ada@example.org');
    });

    it('metadata: no content is kept', async () => {
      const careful = await bench.gateway(await configOf('metadata', { capture: 'metadata' }));
      await post(asked, {}, careful);
      const [record] = await careful.recorded(1);
      expect(record).toMatchObject({ request: null, response: null, upstreamRaw: null, call: { capture: 'metadata' } });
    });

    it('none: no record is made', async () => {
      const blind = await bench.gateway(await configOf('none', { capture: 'none' }));
      expect((await post(asked, {}, blind)).status).toBe(200);
      const metrics = await send('/metrics', {}, blind);
      expect(metrics.text).toMatch(/trimtab_calls_total\{[^}]*\} 1/);
      expect([blind.records, blind.begun]).toEqual([[], []]);
    });
  });
});
