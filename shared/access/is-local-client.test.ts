import { describe, expect, it } from 'vitest';
import { isLocalClient } from './is-local-client.ts';

const HERE = '127.0.0.1';

describe('isLocalClient', () => {
  it.each([
    [HERE, { host: '127.0.0.1:7400' }, true],
    [HERE, { host: 'localhost:7400' }, true],
    ['::1', { host: '[::1]:7400' }, true],
    ['::ffff:127.0.0.1', { host: 'localhost', origin: 'http://localhost:3000' }, true],
    [HERE, { host: 'workstation:7400' }, true],
    [HERE, { host: 'host.docker.internal:7400' }, true],
    ['192.168.0.7', { host: 'localhost:7400' }, false],
    [undefined, { host: 'localhost:7400' }, false],
    [HERE, { host: 'localhost:7400', 'x-forwarded-for': '10.1.2.3' }, false],
    [HERE, { host: 'localhost:7400', origin: 'https://evil.example' }, false],
    [HERE, { host: 'localhost:7400', origin: 'null' }, false],
    // A page whose name resolves to this machine is of one origin with us, and a GET of it names none.
    [HERE, { host: 'evil.example:7400' }, false],
    [HERE, { host: 'evil.example:7400', origin: 'http://evil.example:7400' }, false],
    [HERE, { host: 'localhost.evil.example' }, false],
    [HERE, {}, false],
  ])('judges %s with %j', (address, headers, isLocal) => {
    expect(isLocalClient(address, headers)).toBe(isLocal);
  });
});
