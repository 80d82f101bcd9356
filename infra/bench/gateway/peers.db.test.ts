import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findListener } from './find-listener.ts';
import { readPeers } from './peers.ts';

describe('peers of the gateway bench', () => {
  it('are read with their address and what they know a model by', () => {
    const [peer] = readPeers(['other=http://127.0.0.1:4000/v1/messages'], ['other=mock,{model}']);
    expect(peer).toMatchObject({ name: 'other', modelTemplate: 'mock,{model}' });
    expect(peer?.url.port).toBe('4000');
  });

  it.each([
    [['other'], [], 'write NAME=VALUE'],
    [['other=nowhere'], [], 'is no address'],
    [['other=http://example.com:80/v1'], [], 'the address needs a port'],
    [['other=http://example.com:8080/v1'], [], 'only what runs on 127.0.0.1'],
    [[], ['other=x'], 'there is no --peer of that name'],
  ])('are refused with what to do: %j %j', (peers, models, message) => {
    expect(() => readPeers(peers, models)).toThrow(message);
  });
});

describe.runIf(process.platform === 'linux')('the process behind a port', () => {
  it('is found while it listens, and nobody after it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(findListener(port)).toBe(process.pid);
    await new Promise((resolve) => server.close(resolve));
    expect(findListener(port)).toBeNull();
  });
});
