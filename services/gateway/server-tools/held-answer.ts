import type { ClientConnection } from '../client-connection.ts';

/** A connection that keeps an answer back until it is known whether the client is to have it. */
export interface HeldAnswer {
  readonly connection: ClientConnection;
  /** Sends what was answered, as it was. */
  release(to: ClientConnection): void;
}

export function createHeldAnswer(gone: AbortSignal): HeldAnswer {
  let status = 0;
  let headers: Readonly<Record<string, string>> = {};
  let body: string | Uint8Array | undefined;
  return {
    connection: {
      gone,
      get headersSent() {
        return status !== 0;
      },
      begin(answerStatus, answerHeaders) {
        status = answerStatus;
        headers = answerHeaders;
      },
      write: async () => undefined,
      end(piece) {
        body = piece;
      },
    },
    release(to) {
      if (status === 0) return;
      to.begin(status, headers);
      to.end(body);
    },
  };
}
