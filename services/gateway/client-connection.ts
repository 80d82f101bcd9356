import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

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
  // `close` also follows a complete answer, where there is nothing to cancel any more.
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  response.on('error', () => controller.abort());
  if (response.destroyed) controller.abort();
  let draining: Promise<void> | null = null;
  const drain = async (): Promise<void> => {
    const stalled = setTimeout(() => response.destroy(), stallMs);
    await once(response, 'drain', { signal: controller.signal }).catch(() => undefined);
    clearTimeout(stalled);
    draining = null;
  };
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
      isHeld = false;
      if (controller.signal.aborted || response.write(piece)) return undefined;
      // One wait for all writers: pings go on while the answer itself is held back.
      draining ??= drain();
      return draining;
    },
    end(piece) {
      isHeld = false;
      if (!response.destroyed) response.end(piece);
    },
  };
}
