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
  const controller = new AbortController();
  let isGone = false;
  const leave = (): void => {
    isGone = true;
    controller.abort();
  };
  // `close` also follows a complete answer, where there is nothing to cancel any more.
  response.once('close', () => {
    if (!response.writableFinished) leave();
  });
  response.on('error', leave);
  if (response.destroyed) leave();
  let draining: Promise<void> | null = null;
  const drain = (full: EventEmitter): Promise<void> =>
    new Promise((resolve) => {
      const stalled = setTimeout(() => response.destroy(), stallMs);
      const goOn = (): void => {
        clearTimeout(stalled);
        full.off('drain', goOn);
        controller.signal.removeEventListener('abort', goOn);
        draining = null;
        resolve();
      };
      full.on('drain', goOn);
      controller.signal.addEventListener('abort', goOn);
    });
  let isHeld = false;
  const flush = (): void => {
    if (isHeld && !response.destroyed) response.flushHeaders();
  };
  return {
    gone: controller.signal,
    get headersSent() {
      return response.headersSent;
    },
    begin(status, headers) {
      response.writeHead(status, headers);
      isHeld = true;
      setImmediate(flush);
    },
    write(piece) {
      if (isGone) return undefined;
      const socket = isHeld || typeof piece !== 'string' ? null : chunkedSocket(response);
      isHeld = false;
      const hasRoom = socket === null ? response.write(piece) : writeChunk(socket, piece as string);
      if (hasRoom) return undefined;
      // One wait for all writers: pings go on while the answer itself is held back.
      draining ??= drain(socket ?? response);
      return draining;
    },
    end(piece) {
      isHeld = false;
      if (!response.destroyed) response.end(piece);
    },
  };
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
  return length === 0 || socket.write(`${length.toString(16)}\r\n${piece}\r\n`);
}
