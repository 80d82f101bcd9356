import type { ClientConnection } from './client-connection.ts';

/**
 * A stream of events to a client that hears something every so often: clients give up on silence, and most upstreams
 * are silent while their model thinks.
 */
export interface ClientStream {
  /** Sends the headers, unless a ping has sent them before. */
  open(headers: Readonly<Record<string, string>>): void;
  /** A promise when the client has no room for more. */
  write(piece: string | Uint8Array): Promise<void> | undefined;
  end(): void;
}

/** Proxies that buffer would hold back what is streamed. */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
};

/** @param options.headers what a ping opens the stream with, when nothing else has yet */
export function createClientStream(
  connection: ClientConnection,
  options: {
    readonly pingIntervalMs: number;
    readonly ping: string;
    readonly headers: () => Readonly<Record<string, string>>;
  },
): ClientStream {
  const open = (headers: Readonly<Record<string, string>>): void => {
    if (!connection.headersSent) connection.begin(200, { ...STREAM_HEADERS, ...headers });
  };
  const timer = setInterval(() => {
    open(options.headers());
    void connection.write(options.ping);
  }, options.pingIntervalMs);
  connection.gone.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    open,
    write(piece) {
      timer.refresh();
      return connection.write(piece);
    },
    end() {
      clearInterval(timer);
      connection.end();
    },
  };
}
