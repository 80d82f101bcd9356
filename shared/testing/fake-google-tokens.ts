import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GuardedFetch } from '../upstream/guarded-fetch.ts';

/** Google's token endpoint on a real socket: it takes the signed assertions of one service account. */
export interface FakeGoogleTokens {
  /** The account's key, as the console hands it out. */
  readonly serviceAccount: string;
  /** Reaches the endpoint under the address that Google has it at, and nothing else. */
  readonly fetch: GuardedFetch;
  /** Tokens handed out so far, the newest last. */
  readonly tokens: readonly string[];
  /** Answers with this status from now on; null hands out tokens again. */
  fail(status: number | null): void;
  close(): Promise<void>;
}

const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const LIFETIME_SECONDS = 3600;
const EMAIL = 'gateway@project-1.iam.gserviceaccount.com';

export async function createFakeGoogleTokens(lifetimeSeconds = LIFETIME_SECONDS): Promise<FakeGoogleTokens> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tokens: string[] = [];
  let failure: number | null = null;
  const server = createServer(async (incoming, response) => {
    const fault =
      failure === null
        ? refuseAssertion(await readText(incoming), publicKey.export({ type: 'spki', format: 'pem' }).toString())
        : 'failing';
    if (fault === null) tokens.push(`ya29.fake-${tokens.length}`);
    response.writeHead(fault === null ? 200 : (failure ?? 400), { 'content-type': 'application/json' });
    const answer = { access_token: tokens.at(-1), expires_in: lifetimeSeconds, token_type: 'Bearer' };
    response.end(JSON.stringify(fault === null ? answer : { error: 'invalid_grant', error_description: fault }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    serviceAccount: JSON.stringify({
      type: 'service_account',
      project_id: 'project-1',
      private_key_id: 'key-1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: EMAIL,
      token_uri: TOKEN_URL,
    }),
    fetch: (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      if (url !== TOKEN_URL) throw new Error(`a token was asked for at ${url}`);
      return fetch(`http://127.0.0.1:${port}/token`, init);
    },
    tokens,
    fail(status) {
      failure = status;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuseAssertion(form: string, publicKey: string): string | null {
  const [head = '', claims = '', signature = ''] = (new URLSearchParams(form).get('assertion') ?? '').split('.');
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8') || '{}') as Record<string, unknown>;
  if (said['iss'] !== EMAIL || said['aud'] !== TOKEN_URL) return 'Invalid JWT: issuer or audience.';
  if (said['scope'] !== 'https://www.googleapis.com/auth/cloud-platform') return 'Invalid JWT: scope.';
  const isSigned = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url');
  return isSigned ? null : 'Invalid JWT Signature.';
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
