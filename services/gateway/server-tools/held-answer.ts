import type { ClientConnection } from '../client-connection.ts';

/** A connection that keeps an answer back until it is known whether the client is to have it. */
export interface HeldAnswer {
  readonly connection: ClientConnection;
  /** Sends what was answered, as it was. */
  release(to: ClientConnection): void;
}

export function createHeldAnswer(gone: AbortSignal): HeldAnswer {
  const connection = new HeldConnection(gone);
  return { connection, release: (to) => connection.release(to) };
}

/** A class for its getter: an object literal with one would keep the answer until the whole heap is searched. */
class HeldConnection implements ClientConnection {
  readonly gone: AbortSignal;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #body: string | Uint8Array | undefined;

  constructor(gone: AbortSignal) {
    this.gone = gone;
  }

  get headersSent(): boolean {
    return this.#status !== 0;
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#status = status;
    this.#headers = headers;
  }

  /** What is kept back is whole, and not streamed. */
  write(): undefined {
    return undefined;
  }

  end(piece?: string | Uint8Array): void {
    this.#body = piece;
  }

  release(to: ClientConnection): void {
    if (this.#status === 0) return;
    to.begin(this.#status, this.#headers);
    to.end(this.#body);
  }
}
