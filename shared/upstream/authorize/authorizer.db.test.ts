import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { configSchema } from '../../config/config-schema.ts';
import { resolveProvider } from '../../providers/registry.ts';
import { createFakeGoogleTokens, type FakeGoogleTokens } from '../../testing/fake-google-tokens.ts';
import type { FakeRequest } from '../../testing/fake-reply.ts';
import { refuseSignature } from '../../testing/verify-sigv4.ts';
import { createGuardedFetch } from '../guarded-fetch.ts';
import { type AuthorizerDeps, createAuthorizer, type RequestToAuthorize } from './authorizer.ts';

const URL_TEXT =
  'https://bedrock-runtime.eu-central-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ax%2Fy/converse';
const REQUEST: RequestToAuthorize = {
  method: 'POST',
  url: new URL(URL_TEXT),
  headers: { 'content-type': 'application/json' },
  body: '{"a":"ü"}',
};
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+key', region: 'eu-central-1' };
const deps: AuthorizerDeps = { now: Date.now, fetch: createGuardedFetch('public') };

function authorizerFor(settings: Record<string, unknown>, given: Partial<AuthorizerDeps> = {}) {
  const config = configSchema.parse({ providers: { p: settings } });
  return createAuthorizer(resolveProvider('p', config), { ...deps, ...given });
}

/** The request as AWS would see it with these headers. */
function seen(headers: Readonly<Record<string, string>>): FakeRequest {
  const { pathname, search, host } = REQUEST.url;
  const sent = { host, ...REQUEST.headers, ...headers };
  const body = { bodyText: String(REQUEST.body), body: {}, model: '', streamed: false };
  return {
    index: 0,
    method: 'POST',
    path: pathname,
    query: search,
    headers: sent,
    ended: Promise.resolve('answered'),
    ...body,
  };
}

describe('keys', () => {
  it.each([
    [{ like: 'openai', apiKey: 'k' }, { authorization: 'Bearer k' }],
    [{ like: 'anthropic', apiKey: 'k' }, { 'x-api-key': 'k' }],
    [{ like: 'gemini', apiKey: 'k' }, { 'x-goog-api-key': 'k' }],
    [{ like: 'azure-openai', resource: 'r', apiKey: 'k' }, { 'api-key': 'k' }],
    [{ like: 'bedrock', region: 'r', apiKey: 'k' }, { authorization: 'Bearer k' }],
    [{ like: 'openai', auth: 'none', headers: { 'X-Team': 't' } }, { 'x-team': 't' }],
  ])('are headers at once, without a turn of the event loop: %j', (settings, headers) => {
    expect(authorizerFor(settings).authorize(REQUEST)).toEqual(headers);
  });
});

describe('AWS credentials', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'trimtab-aws-'));
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'credentials'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true, force: true });
  });
  const { region, ...aws } = KEYS;

  it('sign with the keys of the configuration, in a way that AWS takes', async () => {
    const headers = await authorizerFor({ like: 'bedrock', region, aws }).authorize(REQUEST);
    expect(refuseSignature(seen(headers), KEYS)).toBeNull();
    expect(refuseSignature({ ...seen(headers), bodyText: '{}' }, KEYS)).toMatch(/does not match/);
  });

  it('send the session token of temporary keys', async () => {
    const sessionToken = 'token==';
    const headers = await authorizerFor({ like: 'bedrock', region, aws: { ...aws, sessionToken } }).authorize(REQUEST);
    expect(headers['x-amz-security-token']).toBe(sessionToken);
    expect(refuseSignature(seen(headers), { ...KEYS, sessionToken })).toBeNull();
  });

  it('come from the default chain when none are configured: from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', KEYS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEYS.secretAccessKey);
    const headers = await authorizerFor({ like: 'bedrock', region }).authorize(REQUEST);
    expect(refuseSignature(seen(headers), KEYS)).toBeNull();
  });

  it('come from a profile of the shared files', async () => {
    const lines = [
      '[models]',
      `aws_access_key_id=${KEYS.accessKeyId}`,
      `aws_secret_access_key=${KEYS.secretAccessKey}`,
    ];
    await writeFile(join(home, 'credentials'), lines.join('\n'));
    const headers = await authorizerFor({ like: 'bedrock', region, aws: { profile: 'models' } }).authorize(REQUEST);
    expect(refuseSignature(seen(headers), KEYS)).toBeNull();
  });

  it.each([
    ['no credentials anywhere', { like: 'bedrock', region }],
    ['variables that are empty', { like: 'bedrock', region, aws: {} }],
  ])('say what to do with %s', async (_case, settings) => {
    await expect(authorizerFor(settings).authorize(REQUEST)).rejects.toMatchObject({
      code: 'upstream_misconfigured',
      message: expect.stringMatching(/set aws\.accessKeyId and aws\.secretAccessKey/),
    });
  });

  it('are looked for again after a failure, but not at once', async () => {
    let nowMs = Date.now();
    const authorizer = authorizerFor({ like: 'bedrock', region }, { now: () => nowMs });
    await expect(authorizer.authorize(REQUEST)).rejects.toThrow();
    vi.stubEnv('AWS_ACCESS_KEY_ID', KEYS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEYS.secretAccessKey);
    await expect(authorizer.authorize(REQUEST)).rejects.toMatchObject({ code: 'upstream_misconfigured' });
    nowMs += 5_000;
    expect(refuseSignature(seen(await authorizer.authorize(REQUEST)), KEYS)).toBeNull();
  });
});

describe('Google credentials', () => {
  let tokens: FakeGoogleTokens;
  beforeAll(async () => {
    tokens = await createFakeGoogleTokens();
  });
  afterAll(() => tokens.close());
  afterEach(() => {
    tokens.fail(null);
    vi.unstubAllEnvs();
  });
  const settings = (google?: Record<string, unknown>) => ({
    like: 'vertex',
    projectId: 'p',
    location: 'global',
    ...(google === undefined ? {} : { google }),
  });
  const fromKey = (from: FakeGoogleTokens) =>
    authorizerFor(settings({ serviceAccount: from.serviceAccount }), { fetch: from.fetch });

  it('are one token for many calls, before and after it came', async () => {
    const authorizer = fromKey(tokens);
    const many = await Promise.all(Array.from({ length: 20 }, () => authorizer.authorize(REQUEST)));
    const again = await authorizer.authorize(REQUEST);
    expect(tokens.tokens).toHaveLength(1);
    for (const headers of [...many, again]) expect(headers).toEqual({ authorization: `Bearer ${tokens.tokens[0]}` });
  });

  it('are fetched anew shortly before they expire', async () => {
    const short = await createFakeGoogleTokens(60);
    const authorizer = fromKey(short);
    await authorizer.authorize(REQUEST);
    const second = await authorizer.authorize(REQUEST);
    expect(short.tokens).toHaveLength(2);
    expect(second).toEqual({ authorization: `Bearer ${short.tokens[1]}` });
    await short.close();
  });

  it('are read from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trimtab-google-'));
    const serviceAccountFile = join(folder, 'key.json');
    await writeFile(serviceAccountFile, tokens.serviceAccount);
    const headers = await authorizerFor(settings({ serviceAccountFile }), { fetch: tokens.fetch }).authorize(REQUEST);
    expect(headers['authorization']).toBe(`Bearer ${tokens.tokens.at(-1)}`);
    await rm(folder, { recursive: true });
  });

  it('come from the metadata service of the machine when none are configured', async () => {
    const metadata = createServer((request, response) => {
      response.writeHead(200, { 'metadata-flavor': 'Google', 'content-type': 'application/json' });
      const isToken = request.url?.includes('/token') === true;
      response.end(isToken ? JSON.stringify({ access_token: 'from-metadata', expires_in: 3600 }) : '"project-1"');
    });
    metadata.listen(0, '127.0.0.1');
    await once(metadata, 'listening');
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${(metadata.address() as AddressInfo).port}`);
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
    vi.stubEnv('CLOUDSDK_CONFIG', tmpdir());
    vi.stubEnv('HOME', tmpdir());
    expect(await authorizerFor(settings()).authorize(REQUEST)).toEqual({ authorization: 'Bearer from-metadata' });
    await new Promise((resolve) => metadata.close(resolve));
  });

  it.each([
    ['an empty variable', {}],
    ['text that is no JSON', { serviceAccount: 'oops' }],
    ['credentials of another kind', { serviceAccount: '{"type":"external_account","token_url":"http://10.0.0.1"}' }],
    ['a file that is not there', { serviceAccountFile: '/nowhere/key.json' }],
  ])('say what to do with %s', async (_case, google) => {
    await expect(authorizerFor(settings(google)).authorize(REQUEST)).rejects.toMatchObject({
      code: 'upstream_misconfigured',
      // Clients get to read it: no path of ours is in it.
      message: expect.stringMatching(/^(?!.*nowhere).*set google\.serviceAccount/),
    });
  });

  it('are misconfigured when Google refuses them, and unreachable for now when it is down', async () => {
    let nowMs = 0;
    tokens.fail(400);
    const { serviceAccount, fetch } = tokens;
    const authorizer = authorizerFor(settings({ serviceAccount }), { fetch, now: () => nowMs });
    await expect(authorizer.authorize(REQUEST)).rejects.toMatchObject({ code: 'upstream_misconfigured' });
    nowMs += 5_000;
    tokens.fail(503);
    await expect(authorizer.authorize(REQUEST)).rejects.toMatchObject({
      code: 'upstream_unreachable',
      retryable: true,
    });
    nowMs += 5_000;
    tokens.fail(null);
    expect(await authorizer.authorize(REQUEST)).toHaveProperty('authorization');
  });

  it('are not fetched over a network that is not public', async () => {
    const fetch = createGuardedFetch('public');
    const inside: AuthorizerDeps['fetch'] = (_input, init) => fetch('https://10.0.0.1/token', init);
    const { serviceAccount } = tokens;
    await expect(
      authorizerFor(settings({ serviceAccount }), { fetch: inside }).authorize(REQUEST),
    ).rejects.toMatchObject({ code: 'upstream_misconfigured' });
  });
});
