import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { assertUpstreamUrl, createGuardedLookup, type UpstreamNetwork } from './guarded-lookup.ts';

function resolverTo(...addresses: string[]): typeof lookup {
  const resolve = (_host: string, _options: unknown, callback: (error: null, found: unknown) => void): void =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return resolve as unknown as typeof lookup;
}

function look(network: UpstreamNetwork, ...addresses: string[]): { error: Error | null; address: unknown } {
  let found: { error: Error | null; address: unknown } = { error: null, address: undefined };
  createGuardedLookup(network, resolverTo(...addresses))('model.example', {}, (error, address) => {
    found = { error, address };
  });
  return found;
}

describe('assertUpstreamUrl', () => {
  it.each([
    ['https://api.openai.com/v1', 'public', null],
    ['http://10.0.0.5:8000/v1', 'private', null],
    ['http://[::1]:8000', 'private', null],
    ['http://api.example.com', 'public', /without TLS/],
    ['https://10.0.0.5', 'public', /private address/],
    ['https://[::1]', 'public', /private address/],
    ['http://169.254.169.254/latest', 'private', /metadata/],
    ['https://user:secret@api.example.com', 'public', /credentials/],
    ['ftp://api.example.com', 'private', /https/],
    // The URL parser turns numeric spellings of an address into the address.
    ['http://2852039166/latest', 'private', /metadata/],
  ] as const)('judges %s for a %s provider', (url, network, refused) => {
    const check = () => assertUpstreamUrl(new URL(url), network);
    if (refused === null) expect(check).not.toThrow();
    else expect(check).toThrow(refused);
  });
});

describe('createGuardedLookup', () => {
  it('lets a name resolve to a public address', () => {
    expect(look('public', '1.1.1.1')).toEqual({ error: null, address: '1.1.1.1' });
  });

  it('keeps a public provider from an address inside the network', () => {
    expect(look('public', '10.0.0.5').error?.message).toMatch(/private address/);
    expect(look('private', '10.0.0.5').address).toBe('10.0.0.5');
  });

  it('connects to the allowed address when a name has an allowed and a forbidden one', () => {
    expect(look('private', '169.254.169.254', '10.0.0.6').address).toBe('10.0.0.6');
  });

  it('names neither host nor address in a refusal, which clients get to read', () => {
    for (const address of ['10.0.0.5', '169.254.169.254']) {
      expect(look('public', address).error?.message).not.toMatch(/10\.0|169\.254|model\.example/);
    }
    expect(() => assertUpstreamUrl(new URL('https://10.0.0.5'), 'public')).toThrow(/^(?!.*10\.0)/);
  });

  it('never resolves to a metadata address', () => {
    expect(look('private', '169.254.169.254').error?.message).toMatch(/metadata/);
  });
});
