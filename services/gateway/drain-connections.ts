import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Ends an HTTP server's connections without cutting a call. */
export interface ConnectionDrain {
  /**
   * Refuses new connections, serves what still comes on open ones, as their last, and hangs up on each when it has been
   * quiet for a while. Resolves when none is left.
   */
  drain(): Promise<void>;
}

interface Connection {
  readonly answering: Set<ServerResponse>;
  quietSinceMs: number;
  /** Up to when it was quiet. */
  bytesRead: number;
}

/**
 * A client that has just had its answer asks again on the same connection: hanging up on it at once would meet its next
 * request half-way. One that asks after all when it has been hung up on gets no byte of an answer on a connection that it
 * has used before: nobody has taken its request, and it may send it again (RFC 9112, section 9.3.1).
 */
const QUIET_MS = 500;
const LOOK_MS = 50;
const TURN_MS_MAX = 0.2;
const TURNS_MAX = 5_000;

/**
 * Resolves right behind a turn that took no connection in and little time: connections that the system has made and this
 * process has not taken in yet are reset when it listens no more, with the requests that are in them.
 */
async function quietMoment(taken: () => number): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const [before, startedAt] = [taken(), performance.now()];
    await nextTurn();
    if (taken() === before && performance.now() - startedAt < TURN_MS_MAX) return;
  }
}

/** @param now a clock in milliseconds */
export function createConnectionDrain(server: Server, now: () => number): ConnectionDrain {
  const connections = new Map<Socket, Connection>();
  let isDraining = false;
  let taken = 0;
  server.on('connection', (socket: Socket) => {
    taken += 1;
    connections.set(socket, { answering: new Set(), quietSinceMs: now(), bytesRead: 0 });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    if (isDraining) response.shouldKeepAlive = false;
    connection.answering.add(response);
    response.once('close', () => {
      connection.answering.delete(response);
      connection.quietSinceMs = now();
    });
  });
  const hangUpOnQuiet = (): void => {
    for (const [socket, connection] of connections) {
      if (socket.bytesRead !== connection.bytesRead) {
        connection.bytesRead = socket.bytesRead;
        connection.quietSinceMs = now();
      }
      if (connection.answering.size === 0 && now() - connection.quietSinceMs >= QUIET_MS) socket.destroy();
    }
  };
  return {
    async drain() {
      if (!server.listening) return;
      await quietMoment(() => taken);
      const closed = new Promise<void>((resolve) => {
        // Not the server's own, which hangs up on connections that are quiet this very moment.
        NetServer.prototype.close.call(server, () => resolve());
      });
      // Only now: whoever is told to leave comes again at once, and has to find nobody.
      isDraining = true;
      for (const { answering } of connections.values()) {
        // The header says so to whoever has not been told yet that the connection stays.
        for (const response of answering) response.shouldKeepAlive = false;
      }
      const looking = setInterval(hangUpOnQuiet, LOOK_MS);
      await closed;
      clearInterval(looking);
    },
  };
}
