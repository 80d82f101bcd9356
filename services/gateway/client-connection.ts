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
  /** Ends the answer, behind a last piece when there is one. Nobody has to wait for a client that is slow to take it. */
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
    const socket = typeof piece === 'string' ? chunkedSocket(this.#response) : null;
    const isHeld = this.#isHeld;
    this.#isHeld = false;
    if (socket === null) return this.#response.write(piece) ? undefined : this.#drained(this.#response);
    if (!isHeld) return writeChunk(socket, piece as string) ? undefined : this.#drained(socket);
    socket.cork();
    this.#response.flushHeaders();
    const hasRoom = writeChunk(socket, piece as string);
    socket.uncork();
    return hasRoom ? undefined : this.#drained(socket);
  }

  end(piece?: string | Uint8Array): void {
    const response = this.#response;
    const isHeld = this.#isHeld;
    this.#isHeld = false;
    if (response.destroyed) return;
    const socket = typeof piece === 'string' && !isHeld ? chunkedSocket(response) : null;
    if (socket === null) {
      response.end(piece);
      return;
    }
    // Together with the mark of the end: a write of its own would cost more than all else that is done for a piece.
    socket.cork();
    const hasRoom = writeChunk(socket, piece as string);
    response.end();
    socket.uncork();
    if (!hasRoom) void this.#drained(socket);
  }

  flush(): void {
    if (this.#isHeld && !this.#response.destroyed) this.#response.flushHeaders();
  }

  #leave(): void {
    this.#isGone = true;
    this.#controller.abort();
  }

  #drained(full: EventEmitter): Promise<void> {
    this.#draining ??= this.#drain(full);
    return this.#draining;
  }

  #drain(full: EventEmitter): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      const stalled = setTimeout(() => response.destroy(), this.#stallMs);
      const goOn = (): void => {
        clearTimeout(stalled);
        full.off('drain', goOn);
        response.off('close', goOn);
        this.#draining = undefined;
        resolve();
      };
      full.on('drain', goOn);
      response.on('close', goOn);
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
