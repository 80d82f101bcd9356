import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What one connection sends over and over, and when its answer is whole. */
export interface LoadRequest {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** In a streamed answer, what the first piece of the model's text looks like. */
  readonly firstPiece: string | null;
}

export interface LoadResult {
  /** Of each answer, in microseconds. */
  readonly latenciesUs: readonly number[];
  readonly firstPiecesUs: readonly number[];
  readonly seconds: number;
}

const HEADERS_END = '\r\n\r\n';
const CHUNKED_END = Buffer.from('0\r\n\r\n');

/**
 * Loads a server from `connections` connections at once, each with one request after the other, for so long. Sockets
 * and prepared bytes instead of a client, because what the generator takes of the processor, the server lacks. Rejects
 * on any answer but 200.
 */
export async function load(request: LoadRequest, connections: number, milliseconds: number): Promise<LoadResult> {
  const latenciesUs: number[] = [];
  const firstPiecesUs: number[] = [];
  const bytes = requestBytes(request);
  const startedAtMs = performance.now();
  const work = async (): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port: request.port, noDelay: true });
    await once(socket, 'connect');
    while (performance.now() < startedAtMs + milliseconds) {
      const answered = await ask(socket, bytes, request.firstPiece);
      latenciesUs.push(answered.wholeUs);
      if (answered.firstPieceUs !== null) firstPiecesUs.push(answered.firstPieceUs);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, work));
  return { latenciesUs, firstPiecesUs, seconds: (performance.now() - startedAtMs) / 1_000 };
}

function requestBytes({ port, path, headers, body }: LoadRequest): Buffer {
  const all = { host: `127.0.0.1:${port}`, 'content-type': 'application/json', ...headers };
  const lines = Object.entries({ ...all, 'content-length': String(body.length) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

interface Answered {
  readonly wholeUs: number;
  readonly firstPieceUs: number | null;
}

function ask(socket: Socket, bytes: Buffer, firstPiece: string | null): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sentAtMs = performance.now();
    let firstPieceUs: number | null = null;
    let received: Buffer = Buffer.alloc(0);
    const settle = (outcome: () => void): void => {
      socket.off('data', onData).off('error', onBreak).off('close', onBreak);
      outcome();
    };
    const onBreak = (): void => settle(() => reject(new Error('a server under load hung up')));
    const onData = (piece: Buffer): void => {
      received = received.length === 0 ? piece : Buffer.concat([received, piece]);
      const elapsedUs = (performance.now() - sentAtMs) * 1_000;
      if (firstPiece !== null && firstPieceUs === null && received.includes(firstPiece)) firstPieceUs = elapsedUs;
      const end = received.indexOf(HEADERS_END);
      if (end < 0 || !isWhole(received, end)) return;
      if (received.toString('latin1', 9, 12) === '200') settle(() => resolve({ wholeUs: elapsedUs, firstPieceUs }));
      else settle(() => reject(new Error(`a server under load answered: ${received.toString('utf8', 0, 500)}`)));
    };
    socket.on('data', onData).on('error', onBreak).on('close', onBreak);
    socket.write(bytes);
  });
}

function isWhole(received: Buffer, headersEnd: number): boolean {
  const length = /content-length: *(\d+)/i.exec(received.toString('latin1', 0, headersEnd))?.[1];
  if (length !== undefined) return received.length >= headersEnd + HEADERS_END.length + Number(length);
  return received.subarray(-CHUNKED_END.length).equals(CHUNKED_END);
}
