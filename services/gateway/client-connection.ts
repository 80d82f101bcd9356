import type { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The way back to a client, for a call that is answered outside the web framework: one write per piece, no piece before
 * the last one has gone out, and word of a client that has left.
 */
export interface ClientConnection {
  /** Aborted when the client goes before its answer is complete. */
  readonly gone: AbortSignal;
  readonly headersSent: boolean;
  /** Sends status and headers: with the piece that follows at once, or by themselves when none does. */
  begin(status: number, headers: Readonly<Record<string, string>>): void;
  /** A promise when the client has no room for more; it resolves when there is room again, or the client is gone. */
  write(piece: string | Uint8Array): Promise<void> | undefined;
  end(piece?: string | Uint8Array): void;
}

/** A client that takes nothing for so long has gone, or keeps an upstream and our memory busy on purpose. */
const STALL_MS = 300_000;

export function createClientConnection(response: ServerResponse, stallMs: number = STALL_MS): ClientConnection {
  return new ResponseConnection(response, stallMs);
}

/**
 * A class for its getter: an object literal with one gets a hidden class of its own, and that keeps the response and all
 * that hangs on it until the whole heap is searched, a hundred calls later.
 */
class ResponseConnection implements ClientConnection {
  readonly #response: ServerResponse;
  readonly #stallMs: number;
  readonly #controller = new AbortController();
  #isGone = false;
  #isHeld = false;
  /** One wait for all writers: pings go on while the answer itself is held back. */
  #draining: Promise<void> | undefined;

  constructor(response: ServerResponse, stallMs: number) {
    this.#response = response;
    this.#stallMs = stallMs;
    // `close` also follows a complete answer, where there is nothing to cancel any more.
    response.once('close', () => {
      if (!response.writableFinished) this.#leave();
    });
    response.on('error', () => this.#leave());
    if (response.destroyed) this.#leave();
  }

  get gone(): AbortSignal {
    return this.#controller.signal;
  }

  get headersSent(): boolean {
    return this.#response.headersSent;
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(status, headers);
    this.#isHeld = true;
    setImmediate(flushHeld, this);
  }

  write(piece: string | Uint8Array): Promise<void> | undefined {
    if (this.#isGone) return undefined;
    const socket = this.#isHeld || typeof piece !== 'string' ? null : chunkedSocket(this.#response);
    this.#isHeld = false;
    const hasRoom = socket === null ? this.#response.write(piece) : writeChunk(socket, piece as string);
    if (hasRoom) return undefined;
    this.#draining ??= this.#drain(socket ?? this.#response);
    return this.#draining;
  }

  end(piece?: string | Uint8Array): void {
    this.#isHeld = false;
    if (!this.#response.destroyed) this.#response.end(piece);
  }

  flush(): void {
    if (this.#isHeld && !this.#response.destroyed) this.#response.flushHeaders();
  }

  #leave(): void {
    this.#isGone = true;
    this.#controller.abort();
  }

  #drain(full: EventEmitter): Promise<void> {
    const { signal } = this.#controller;
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.#response.destroy(), this.#stallMs);
      const goOn = (): void => {
        clearTimeout(stalled);
        full.off('drain', goOn);
        signal.removeEventListener('abort', goOn);
        this.#draining = undefined;
        resolve();
      };
      full.on('drain', goOn);
      signal.addEventListener('abort', goOn);
    });
  }
}

function flushHeld(connection: ResponseConnection): void {
  connection.flush();
}

/** The socket of a response that is under way in chunks; null while its headers are not out, and for HTTP/1.0. */
function chunkedSocket(response: ServerResponse): Socket | null {
  const { socket } = response;
  return socket !== null && response.headersSent && response.chunkedEncoding && !response.writableEnded ? socket : null;
}

/**
 * Writes one chunk of a chunked body as one text. The response itself would write four, and gather them first: a good
 * part of what a small piece of a stream costs. What the response wrote before goes through the same socket, in order.
 */
function writeChunk(socket: Socket, piece: string): boolean {
  const length = Buffer.byteLength(piece);
  // A chunk of no length would end the body.
  if (length === 0) return true;
  // What takes one byte a character is ASCII, whose bytes are copied and not encoded.
  return socket.write(`${length.toString(16)}\r\n${piece}\r\n`, length === piece.length ? 'latin1' : 'utf8');
}
