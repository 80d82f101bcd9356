import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** What the network between two programs does to their connections; all of it can be changed while they are open. */
export interface NetworkFaults {
  /** Bytes arrive this much later, milliseconds. */
  readonly latencyMs?: number;
  /** And up to this much more, drawn for each piece; pieces never overtake each other. */
  readonly jitterMs?: number;
  /** Pieces are cut to this many bytes, and each is sent by itself. */
  readonly sliceBytes?: number;
  /** Each direction of a connection carries no more than this. */
  readonly bytesPerSecond?: number;
  /** Nothing passes any more, and no connection ends: a cable that was pulled. New connections are taken. */
  readonly isSilent?: boolean;
  /** New connections are reset. */
  readonly isRefusing?: boolean;
}

export interface FaultProxy {
  readonly port: number;
  set(faults: NetworkFaults): void;
  /** Resets every open connection (RST), as a crashed peer or a middlebox does. */
  resetAll(): void;
  /** Open connections of clients. */
  connections(): number;
  close(): Promise<void>;
}

/**
 * A TCP proxy on loopback that misbehaves on demand, in front of a server on loopback.
 *
 * @param deps.random uniform in [0, 1)
 */
export async function createFaultProxy(
  target: { readonly port: number },
  deps: { readonly random: () => number },
): Promise<FaultProxy> {
  let faults: NetworkFaults = {};
  const pairs = new Set<readonly [Socket, Socket]>();
  const pumps = new Set<Pump>();

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    if (faults.isRefusing === true) {
      client.resetAndDestroy();
      return;
    }
    const upstream = createConnection({ host: '127.0.0.1', port: target.port, noDelay: true, allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const [from, to] of [pair, [upstream, client] as const]) {
      const pump = new Pump(from, to, () => faults, deps.random);
      pumps.add(pump);
      from.once('close', () => pumps.delete(pump));
      from.on('error', () => {
        // A reset is handed on as a reset: a clean end would be another fault than the one that happened.
        to.resetAndDestroy();
        end();
      });
    }
    upstream.once('close', () => {
      if (client.destroyed) end();
    });
    client.once('close', () => {
      if (upstream.destroyed || faults.isSilent !== true) end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      faults = next;
      for (const pump of pumps) pump.wake();
    },
    resetAll() {
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
      pairs.clear();
    },
    connections: () => pairs.size,
    async close() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Piece {
  readonly bytes: Buffer;
  readonly dueMs: number;
}

const QUEUED_BYTES_MAX = 256 * 1_024;

/** One direction of one connection. */
class Pump {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: () => NetworkFaults;
  readonly #random: () => number;
  #pieces: Piece[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #lastDueMs = 0;
  /** When the line is free again. */
  #freeAtMs = 0;
  #hasEnded = false;

  constructor(from: Socket, to: Socket, faults: () => NetworkFaults, random: () => number) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#random = random;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => {
      this.#hasEnded = true;
      this.wake();
    });
  }

  #take(bytes: Buffer): void {
    const { latencyMs = 0, jitterMs = 0, sliceBytes = bytes.length } = this.#faults();
    for (let start = 0; start < bytes.length; start += sliceBytes) {
      const wantedMs = performance.now() + latencyMs + jitterMs * this.#random();
      this.#lastDueMs = Math.max(this.#lastDueMs, wantedMs);
      this.#pieces.push({ bytes: bytes.subarray(start, start + sliceBytes), dueMs: this.#lastDueMs });
    }
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > QUEUED_BYTES_MAX) this.#from.pause();
    this.wake();
  }

  /** Sends what is due, and comes back for the rest. */
  wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (;;) {
      const { isSilent = false, bytesPerSecond } = this.#faults();
      const [next] = this.#pieces;
      if (isSilent || this.#to.destroyed) return;
      if (next === undefined) break;
      const nowMs = performance.now();
      const waitMs = Math.max(next.dueMs, this.#freeAtMs) - nowMs;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.wake(), Math.ceil(waitMs));
        return;
      }
      this.#pieces.shift();
      this.#queuedBytes -= next.bytes.length;
      if (bytesPerSecond !== undefined) this.#freeAtMs = nowMs + (next.bytes.length / bytesPerSecond) * 1_000;
      this.#to.write(next.bytes);
    }
    if (this.#hasEnded) this.#to.end();
    else if (this.#from.isPaused()) this.#from.resume();
  }
}
