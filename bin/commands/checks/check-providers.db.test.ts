import { afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import { type LoadedConfig, parseConfig } from '#shared/config/load-config.ts';
import { freePort } from '#shared/free-port.ts';
import { createFakeGoogleTokens } from '#shared/testing/fake-google-tokens.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply, FakeRequest } from '#shared/testing/fake-reply.ts';
import { UPSTREAM_CASES } from '#shared/testing/upstream-cases.ts';
import { checkProviders } from './check-providers.ts';

const opened: FakeProvider[] = [];
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close();
});

async function upstream(format: 'openai-chat' | 'anthropic-messages', script: (request: FakeRequest) => FakeReply) {
  const provider = await createFakeProvider({ format, script });
  opened.push(provider);
  return provider;
}

function configOf(provider: string): LoadedConfig {
  const result = parseConfig(
    `providers:\n  p: ${provider}\nmodels:\n  - { id: m, provider: p, price: { input: 1, output: 2 } }\n`,
    { KEY: 'sk-test' },
  );
  if (!('config' in result)) throw new Error(JSON.stringify(result));
  return result;
}

const look = (loaded: LoadedConfig) => checkProviders({ now: Date.now, signal: new AbortController().signal }, loaded);
const wantsTool = ({ body }: FakeRequest) => body['tools'] !== undefined || body['toolConfig'] !== undefined;

function goodModel(request: FakeRequest): FakeReply {
  if (!wantsTool(request)) return { type: 'message', text: 'ready', usage: { input: 9, output: 1 } };
  const call = { name: 'record_temperature', arguments: { city: 'Paris', celsius: 21 } };
  return { type: 'message', toolCalls: [call], usage: { input: 9, output: 7 } };
}

describe('checkProviders', () => {
  it.each(UPSTREAM_CASES)('finds a good model of $name good', async (upstream) => {
    const tokens = await createFakeGoogleTokens();
    const { serviceAccount } = tokens;
    const secrets = { serviceAccount, isToken: (token: string) => tokens.tokens.includes(token) };
    const refuseCredentials = (request: FakeRequest) => upstream.refuse(request, secrets);
    const provider = await createFakeProvider({
      ...{ format: upstream.fake, strict: true, script: goodModel },
      refuseCredentials,
    });
    opened.push(provider);
    const config = configSchema.parse({
      providers: { p: { ...upstream.provider(provider.origin, secrets), network: 'private' } },
      models: [{ id: upstream.modelId, provider: 'p', price: { input: 1, output: 2 }, ...upstream.model }],
    });
    const { signal } = new AbortController();
    const checks = await checkProviders(
      { now: Date.now, signal, tokenFetch: tokens.fetch },
      { config, missingSecrets: [] },
    );
    expect(checks.map(({ ok, detail }) => [ok, detail])).toEqual([
      [true, expect.stringMatching(/^\d+ ms, 1 output tokens/)],
      [true, expect.stringMatching(/^\d+ ms, 7 output tokens/)],
    ]);
    await tokens.close();
  });

  it('says what to do when a cloud has no credentials for us', async () => {
    const { origin } = await upstream('openai-chat', goodModel);
    const [check] = await look(
      configOf(`{ like: bedrock, region: us-east-1, baseUrl: "${origin}", network: private, aws: {} }`),
    );
    expect(check).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/set aws\.accessKeyId/),
      fix: expect.stringMatching(/name credentials at providers\.p/),
    });
  });

  it.each(['openai-chat', 'anthropic-messages'] as const)(
    'finds a good model of %s good, with its latency and losses',
    async (format) => {
      const { baseUrl, requests } = await upstream(format, goodModel);
      const checks = await look(
        configOf(`{ format: ${format}, baseUrl: "${baseUrl}", network: private, apiKey: "\${KEY}" }`),
      );
      expect(checks.map(({ name, ok }) => ({ name, ok }))).toEqual([
        { name: 'p/m text', ok: true },
        { name: 'p/m tool call', ok: true },
      ]);
      expect(checks[0]?.detail).toMatch(/^\d+ ms, 1 output tokens, no losses$/);
      expect(requests).toHaveLength(2);
    },
  );

  it.each([
    ['does not come', { type: 'message', text: 'It is 21 degrees.' }, /no tool call came back/],
    [
      'has another name',
      { type: 'message', toolCalls: [{ name: 'f', arguments: {} }] },
      /names "f", which was not offered/,
    ],
    [
      'has arguments of the wrong type',
      { type: 'message', toolCalls: [{ name: 'record_temperature', arguments: { city: 'Paris', celsius: '21' } }] },
      /arguments are not valid: celsius/,
    ],
  ] satisfies [string, FakeReply, RegExp][])('fails when the tool call %s', async (_name, reply, detail) => {
    const { baseUrl } = await upstream('openai-chat', (request) => (wantsTool(request) ? reply : goodModel(request)));
    const checks = await look(configOf(`{ format: openai-chat, baseUrl: "${baseUrl}", network: private }`));
    expect(checks.map((check) => check.ok)).toEqual([true, false]);
    expect(checks[1]?.detail).toMatch(detail);
    expect(checks[1]?.fix).toContain('tool-call parser');
  });

  it.each([
    [
      401,
      { error: { message: 'Incorrect API key provided' } },
      /HTTP 401/,
      /key is wrong or revoked.*providers\.p\.apiKey/,
    ],
    [404, { error: { message: 'The model `m` does not exist' } }, /does not exist/, /exact model id/],
    [429, { error: { message: 'Rate limit reached' } }, /Rate limit/, /quota/],
    [400, { error: { message: "Unsupported parameter: 'temperature'" } }, /Unsupported/, /providers\.p\.quirks/],
    [200, '<html>a login page</html>', /not JSON/, /baseUrl/],
  ])('tells what to do about an answer of %s', async (status, body, detail, fix) => {
    const { baseUrl } = await upstream('openai-chat', () => ({ type: 'http', status, body }));
    const checks = await look(configOf(`{ format: openai-chat, baseUrl: "${baseUrl}", network: private }`));
    expect(checks).toHaveLength(1);
    expect(checks[0]?.ok).toBe(false);
    expect(checks[0]?.detail).toMatch(detail);
    expect(checks[0]?.fix).toMatch(fix);
  });

  it('tells a server that is not there from an address that was not declared as private', async () => {
    const port = await freePort();
    const nobody = await look(
      configOf(`{ format: openai-chat, baseUrl: "http://127.0.0.1:${port}/v1", network: private }`),
    );
    expect(nobody[0]).toMatchObject({ ok: false, detail: expect.stringContaining('cannot be reached (ECONNREFUSED)') });
    expect(nobody[0]?.fix).toContain('providers.p.baseUrl');
    const undeclared = await look(configOf('{ format: openai-chat, baseUrl: "https://10.0.0.5/v1" }'));
    expect(undeclared[0]).toMatchObject({
      ok: false,
      fix: expect.stringContaining('set network: private at providers.p'),
    });
  });

  it('sends nothing to a provider whose key is not set', async () => {
    const { baseUrl, requests } = await upstream('openai-chat', goodModel);
    const loaded = configOf(
      `{ format: openai-chat, baseUrl: "${baseUrl}", network: private, apiKey: "\${ABSENT_KEY}" }`,
    );
    expect(await look(loaded)).toEqual([
      { name: 'p/m', ok: false, detail: 'ABSENT_KEY is not set', fix: 'export ABSENT_KEY=… and run this again' },
    ]);
    expect(requests).toHaveLength(0);
  });
});
