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

/**
 * To set the timer anew costs every piece something, to count ticks nothing. A piece is written somewhere between two
 * ticks, so the wait for a ping is a part of a tick shorter after a piece than after another ping, and never longer.
 */
const TICKS_PER_PING = 8;

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
  let quietTicks = 0;
  const timer = setInterval(() => {
    if (connection.gone.aborted) {
      clearInterval(timer);
      return;
    }
    quietTicks += 1;
    if (quietTicks < TICKS_PER_PING) return;
    quietTicks = 0;
    open(options.headers());
    void connection.write(options.ping);
  }, options.pingIntervalMs / TICKS_PER_PING);
  return {
    open,
    write(piece) {
      quietTicks = 0;
      return connection.write(piece);
    },
    end() {
      clearInterval(timer);
      connection.end();
    },
  };
}
