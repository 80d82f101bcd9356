import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createConnectionDrain } from './drain-connections.ts';

const CLIENTS = 40;
const ROUNDS = 4;
const ANSWER_MS = 15;
const LONGER_THAN_QUIET_MS = 60_000;

type Outcome = 'answered' | 'refused' | 'cut';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

async function listen(answerMs: number, now = () => performance.now()) {
  const server = createServer((_request, response) => void setTimeout(() => response.end('done'), answerMs));
  const connections = createConnectionDrain(server, now);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, connections, port: (server.address() as AddressInfo).port };
}

/** One request on a kept connection where there is one. */
function ask(agent: Agent, port: number): Promise<{ outcome: Outcome; connection: string | undefined }> {
  return new Promise((resolve) => {
    const asking = httpRequest({ agent, port, host: '127.0.0.1', method: 'POST' }, (response) => {
      response.resume();
      response.once('end', () => resolve({ outcome: 'answered', connection: response.headers.connection }));
      response.once('error', () => resolve({ outcome: 'cut', connection: undefined }));
    });
    asking.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ outcome: error.code === 'ECONNREFUSED' ? 'refused' : 'cut', connection: undefined });
    });
    asking.end('{}');
  });
}

describe('a server that is drained', () => {
  it('answers every call that it takes from many clients on kept connections, and refuses the others', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { connections, port } = await listen(ANSWER_MS);
      const outcomes: Outcome[] = [];
      const client = async (index: number): Promise<void> => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        for (let last: Outcome = 'answered'; last === 'answered'; ) {
          last = (await ask(agent, port)).outcome;
          outcomes.push(last);
          // Clients ask again after times of their own, so that some request is on its way at every moment.
          await delay((index * 7) % 23);
        }
        agent.destroy();
      };
      const clients = Promise.all(Array.from({ length: CLIENTS }, (_value, index) => client(index)));
      await expect.poll(() => outcomes.length, { interval: 1 }).toBeGreaterThan(CLIENTS * 2 + round * 11);
      await connections.drain();
      await clients;
      expect(outcomes.filter((outcome) => outcome === 'cut')).toEqual([]);
      expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(CLIENTS);
    }
  });

  it('tells clients to leave, also the one whose call was under way', async () => {
    const { server, connections, port } = await listen(100);
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    expect((await ask(agent, port)).connection).toBe('keep-alive');
    const taken = once(server, 'request');
    const underWay = ask(agent, port);
    await taken;
    const drained = connections.drain();
    expect(await underWay).toEqual({ outcome: 'answered', connection: 'close' });
    await drained;
    expect((await ask(agent, port)).outcome).toBe('refused');
    agent.destroy();
  });

  it('waits for a request of which the first half is there, however long the connection had been quiet before', async () => {
    let [nowMs, looks] = [0, 0];
    const clock = () => {
      looks += 1;
      return nowMs;
    };
    const { server, connections, port } = await listen(1, clock);
    const connected = once(server, 'connection');
    const client = connect(port, '127.0.0.1');
    const [socket] = (await connected) as [Socket];
    const drained = connections.drain();
    await expect.poll(() => server.listening, { interval: 1 }).toBe(false);
    client.write('POST / HTTP/1.1\r\nHost: ');
    await expect.poll(() => socket.bytesRead, { interval: 1 }).toBeGreaterThan(0);
    nowMs += LONGER_THAN_QUIET_MS;
    const seen = looks;
    await expect.poll(() => looks, { interval: 1 }).toBeGreaterThan(seen + 1);
    client.write('here\r\nContent-Length: 2\r\n\r\n{}');
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toContain('200 OK');
    expect(answer.toString()).toContain('Connection: close');
    await drained;
  });

  it('hangs up on a connection that says nothing', async () => {
    const { connections, port } = await listen(1);
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    await connections.drain();
    if (!silent.destroyed) await once(silent, 'close');
    expect(silent.destroyed).toBe(true);
  });
});
