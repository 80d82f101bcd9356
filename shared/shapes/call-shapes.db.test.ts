import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../config/config-schema.ts';
import { createCallStore } from '../database/call-store.ts';
import { createDatabase, createPool, type Database } from '../database/connect.ts';
import type { OfferedCall } from '../domain/offered-call.ts';
import type { CanonicalBody } from '../formats/canonical.ts';
import { CLIENT_FORMATS } from '../formats/registry.ts';
import { encodeForProvider } from '../providers/encode-for-provider.ts';
import { providerFormat } from '../providers/provider-format.ts';
import { providerTarget } from '../providers/provider-target.ts';
import { resolveProvider } from '../providers/registry.ts';
import { PROPERTY } from '../testing/property.ts';
import { sampleCallRecord } from '../testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readCallShapes } from './read-call-shapes.ts';

const PROJECT = 'default';
const FORMATS = ['openai-chat', 'openai-responses', 'gemini', 'bedrock-converse', 'anthropic-messages'] as const;
const baseUrl = 'http://127.0.0.1:9/v1';
const price = { input: 1, output: 1 };
const CONFIG = configSchema.parse({
  providers: Object.fromEntries(
    FORMATS.map((format) => [format, { format, baseUrl, network: 'private', auth: 'none' }]),
  ),
  models: FORMATS.map((format) => ({ id: `model-${format}`, provider: format, price })),
});

/** Text with what trips stores and codecs: NUL, lone surrogates, other planes, quotes. */
const text = fc.string({
  unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '\u0000', '\ud800', '\udfff', '😀', 'é'),
  minLength: 1,
  maxLength: 12,
});
const toolTurns = fc.record({ question: text, argument: text, result: text }).map(({ question, argument, result }) => [
  { role: 'user', content: question },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: argument } }] },
  {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: result, cache_control: { type: 'ephemeral' } }],
  },
]);
const anthropicRequest = fc
  .record({
    system: fc.option(text, { nil: undefined }),
    temperature: fc.option(fc.constantFrom(0, 0.5, 1), { nil: undefined }),
    messages: fc.oneof(
      text.map((content) => [{ role: 'user', content }]),
      toolTurns,
    ),
  })
  .map(({ system, temperature, messages }) => ({
    model: 'claude-sonnet-5',
    max_tokens: 100,
    ...(system === undefined ? {} : { system }),
    ...(temperature === undefined ? {} : { temperature }),
    messages,
    tools: [
      { name: 'read', description: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } },
    ],
  }));
const clientRequest = fc.oneof(
  anthropicRequest.map((body) => ({ client: 'anthropic-messages' as const, body: body as object })),
  text.map((content) => ({
    client: 'openai-chat' as const,
    body: { model: 'm', messages: [{ role: 'user', content }] },
  })),
  text.map((input) => ({ client: 'openai-responses' as const, body: { model: 'm', input } })),
);

describe('the four shapes of a call', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
    await database
      .insertInto('project')
      .values({ projectId: PROJECT, blockKey: Buffer.alloc(32, 1) })
      .execute();
  });
  afterAll(async () => {
    await database.destroy();
    await testDatabase.drop();
  });

  /** A call as the gateway hands it over, and the bytes that its upstream was sent. */
  function sent(client: (typeof FORMATS)[number], body: object, upstream: (typeof FORMATS)[number], raw: string) {
    const decoded = CLIENT_FORMATS[client]?.decodeRequest(body as Record<string, unknown>);
    if (decoded?.type !== 'decoded') throw new Error(JSON.stringify(decoded));
    const model = CONFIG.models.find(({ id }) => id === `model-${upstream}`)!;
    const provider = resolveProvider(model.provider, CONFIG);
    const canonical = { body: decoded.canonical.body as CanonicalBody, extras: {} };
    const encoded = encodeForProvider(provider, providerTarget(provider, model), canonical);
    const { call, response } = sampleCallRecord({
      call: {
        clientFormat: client,
        upstreamFormat: upstream,
        codecVersion: providerFormat(provider).version,
        attempts: [{ provider: upstream, model: model.id, startedAtMs: 0, durationMs: 1, outcome: 'ok' }],
      },
    });
    const offered: OfferedCall = {
      call,
      request: { bytes: Buffer.from(JSON.stringify(body)), clientFormat: client },
      response: JSON.stringify(response),
      upstreamRaw: raw,
    };
    return { offered, canonical: decoded.canonical.body, response, upstreamBytes: JSON.stringify(encoded.body) };
  }

  it('come back as they went through the codec and the store, whatever clients and upstreams speak', async () => {
    const store = createCallStore(database);
    await fc.assert(
      fc.asyncProperty(clientRequest, fc.constantFrom(...FORMATS), text, async ({ client, body }, upstream, raw) => {
        const { offered, canonical, response, upstreamBytes } = sent(client, body, upstream, raw);
        await store.store([offered]);
        const shapes = await readCallShapes(database, CONFIG, PROJECT, offered.call.callId);
        expect(JSON.parse(shapes?.request.text ?? '')).toEqual(JSON.parse(JSON.stringify(canonical)));
        expect(JSON.parse(shapes?.delivered.text ?? '')).toEqual(response);
        expect(shapes?.raw).toMatchObject({ text: raw, isExact: true });
        expect(shapes?.upstream.text).not.toBeNull();
        if (client === 'anthropic-messages' && upstream !== client) {
          expect(shapes?.upstream).toMatchObject({ text: upstreamBytes, isExact: true, inexact: [] });
        } else expect(shapes?.upstream.isExact).toBe(false);
      }),
      PROPERTY,
    );
  });

  it('say that another version of the codec wrote the request, and what is not configured any more', async () => {
    const store = createCallStore(database);
    const body = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hello' }] };
    const { offered } = sent('anthropic-messages', body, 'gemini', '{}');
    const old = { ...offered, call: { ...offered.call, codecVersion: 'of old' } };
    await store.store([old]);
    const { callId } = old.call;
    const shapes = await readCallShapes(database, CONFIG, PROJECT, callId);
    expect(shapes?.upstream).toMatchObject({ isExact: false, inexact: ['codec_version'] });
    expect((await readCallShapes(database, null, PROJECT, callId))?.upstream).toMatchObject({
      text: null,
      missing: 'not_configured',
    });
  });
});
