import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What goes over the wire in answer to one request, byte for byte. */
export interface RawAnswer {
  readonly contentType: string;
  /** Each is written by itself. */
  readonly pieces: readonly Uint8Array[];
  /** Between two pieces, milliseconds. */
  readonly pauseMs?: number;
  /** How it ends: as HTTP has it, or by the end (FIN) or the reset (RST) of the connection in the middle of the body. */
  readonly end: 'whole' | 'closed' | 'reset';
}

export interface RawUpstream {
  readonly origin: string;
  close(): Promise<void>;
}

const HEAD_END = '\r\n\r\n';
/** For the peer to read what it got before it hears of the reset, which would take it away. */
const BEFORE_RESET_MS = 50;

/** An upstream below HTTP: a server of HTTP puts right what is to be wrong here. */
export async function createRawUpstream(answerTo: (body: string) => RawAnswer): Promise<RawUpstream> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, answerTo).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(socket: Socket, answerTo: (body: string) => RawAnswer): Promise<void> {
  let received = Buffer.alloc(0);
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, bytes]);
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd < 0) continue;
    const length = Number(/content-length: (\d+)/i.exec(received.toString('latin1', 0, headEnd))?.[1] ?? 0);
    const bodyAt = headEnd + HEAD_END.length;
    if (received.length < bodyAt + length) continue;
    const body = received.toString('utf8', bodyAt, bodyAt + length);
    received = received.subarray(bodyAt + length);
    await send(socket, answerTo(body));
  }
}

async function send(socket: Socket, { contentType, pieces, pauseMs, end }: RawAnswer): Promise<void> {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${contentType}\r\ntransfer-encoding: chunked${HEAD_END}`);
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (pauseMs !== undefined) await delay(pauseMs);
    socket.write(`${piece.length.toString(16)}\r\n`);
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
    socket.write('\r\n');
  }
  if (end === 'whole') socket.write(`0${HEAD_END}`);
  else if (end === 'closed') socket.end();
  else {
    await delay(BEFORE_RESET_MS);
    socket.resetAndDestroy();
  }
}
