import { describe, expect, test } from 'vitest';
import { createSigV4Signer, NodeSha256, type SignableRequest } from './sign-sigv4.ts';

const NOW = Date.parse('2026-11-22T23:00:00Z');

/** A signer that notes what it was to sign, and answers with what the real one adds. */
function recordingSigner() {
  const seen: { request: SignableRequest; date: Date }[] = [];
  return {
    seen,
    sign: async (request: SignableRequest, { signingDate }: { readonly signingDate: Date }) => {
      seen.push({ request, date: signingDate });
      const added = {
        Authorization: 'AWS4-HMAC-SHA256 x',
        'X-Amz-Date': '20261122T230000Z',
        'x-amz-security-token': 't',
      };
      return { headers: { ...request.headers, ...added } };
    },
  };
}

describe('signing of requests to AWS', () => {
  test('covers method, host with its port, path as on the wire, query and body, at the time of the clock', async () => {
    const signer = recordingSigner();
    const sign = createSigV4Signer({ signer, now: () => NOW });
    const url = new URL('http://127.0.0.1:7999/model/us.anthropic.claude-v1%3A0/converse?a=1&b=2&b=3');
    await sign({ url, contentType: 'application/json', body: '{"a":1}' });
    expect(signer.seen).toEqual([
      {
        request: {
          method: 'POST',
          protocol: 'http:',
          hostname: '127.0.0.1',
          port: 7999,
          path: '/model/us.anthropic.claude-v1%3A0/converse',
          query: { a: '1', b: ['2', '3'] },
          headers: { host: '127.0.0.1:7999', 'content-type': 'application/json' },
          body: '{"a":1}',
        },
        date: new Date(NOW),
      },
    ]);
  });

  test('gives only the headers that authenticate, with lower-case names', async () => {
    const sign = createSigV4Signer({ signer: recordingSigner(), now: () => NOW });
    const url = new URL('https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse');
    expect(await sign({ url, contentType: 'application/json', body: '{}' })).toEqual({
      authorization: 'AWS4-HMAC-SHA256 x',
      'x-amz-date': '20261122T230000Z',
      'x-amz-security-token': 't',
    });
  });
});

describe('the digest for the signer', () => {
  const hex = async (hash: NodeSha256) => Buffer.from(await hash.digest()).toString('hex');

  test('is SHA-256 as FIPS 180 gives it for "abc", in pieces of any kind', async () => {
    const hash = new NodeSha256();
    hash.update('a');
    hash.update(new TextEncoder().encode('xbx').subarray(1, 2));
    hash.update(new TextEncoder().encode('c').buffer);
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await hex(hash)).toBe(expected);
    hash.reset();
    hash.update('abc');
    expect(await hex(hash)).toBe(expected);
  });

  test('is HMAC-SHA-256 as RFC 4231 gives it for its second case', async () => {
    const hash = new NodeSha256('Jefe');
    hash.update('what do ya want for nothing?');
    expect(await hex(hash)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });
});
