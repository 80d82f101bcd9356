import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { type ClientPiece, ClientStatements, type Statement } from './client-statements.ts';

/** Where a process is stopped: before PostgreSQL gets the statement, or after it did it and before the process hears. */
export type GateSide = 'before' | 'after';

export interface HeldStatement {
  readonly statement: Statement;
  /**
   * Sends it after all, with its client alive or dead, and resolves with what PostgreSQL made of it, as `UPDATE 0`; with
   * `CUT` where it has given the connection up meanwhile.
   */
  letThrough(): Promise<string>;
}

/** A door between one process and PostgreSQL that can be shut at a statement. */
export interface StatementGate {
  readonly port: number;
  /** What went through so far, of all connections of the process, in order. */
  readonly passed: readonly Statement[];
  /**
   * Shuts the door at the next statement of which the question is true: from then on nothing of the process passes, on no
   * connection, so that it stands exactly there.
   */
  shutAt(isIt: (statement: Statement) => boolean, side?: GateSide): Promise<HeldStatement>;
  /** Lets everything through again that was held, of clients that are still there. */
  open(): void;
  close(): Promise<void>;
}

interface Trap {
  readonly isIt: (statement: Statement) => boolean;
  readonly side: GateSide;
  readonly caught: (held: HeldStatement) => void;
}

interface Line {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Held pieces of the client, oldest first. */
  waiting: ClientPiece[];
  /** Answers that the client does not get yet. */
  readonly unheard: Buffer[];
  /** Not ended with its client: what is on its way arrives. */
  isOnItsWay: boolean;
  readonly answers: ServerAnswers;
}

/** Between one process and a PostgreSQL on loopback; a process under test gets the gate's port in its address. */
export async function createStatementGate(target: { readonly port: number }): Promise<StatementGate> {
  const passed: Statement[] = [];
  const lines = new Set<Line>();
  let trap: Trap | null = null;
  let isShut = false;

  const send = (line: Line, piece: ClientPiece): void => {
    if (piece.statement !== null) passed.push(piece.statement);
    line.upstream.write(piece.bytes);
  };
  const letThrough = async (line: Line, piece: ClientPiece): Promise<string> => {
    if (line.upstream.destroyed) return CUT;
    const answer = line.answers.next();
    send(line, piece);
    const tag = await answer;
    if (line.client.destroyed) line.upstream.destroy();
    return tag;
  };
  const take = (line: Line, piece: ClientPiece): void => {
    const { statement } = piece;
    if (isShut) {
      line.waiting.push(piece);
      return;
    }
    if (trap === null || statement === null || !trap.isIt(statement)) {
      send(line, piece);
      return;
    }
    const { side, caught } = trap;
    trap = null;
    isShut = true;
    line.isOnItsWay = side === 'before';
    if (side === 'before') caught({ statement, letThrough: () => letThrough(line, piece) });
    else void letThrough(line, piece).then((tag) => caught({ statement, letThrough: async () => tag }));
  };

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = createConnection({ host: '127.0.0.1', port: target.port, noDelay: true });
    const line: Line = { client, upstream, waiting: [], unheard: [], isOnItsWay: false, answers: new ServerAnswers() };
    lines.add(line);
    const statements = new ClientStatements();
    client.on('data', (bytes: Buffer) => {
      for (const piece of statements.take(bytes)) take(line, piece);
    });
    upstream.on('data', (bytes: Buffer) => {
      if (isShut) line.unheard.push(bytes);
      else client.write(bytes);
      line.answers.take(bytes);
    });
    client.once('close', () => {
      if (!line.isOnItsWay) upstream.destroy();
    });
    upstream.once('close', () => {
      lines.delete(line);
      line.answers.end();
      client.destroy();
    });
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    passed,
    shutAt(isIt, side = 'before') {
      const { promise, resolve } = Promise.withResolvers<HeldStatement>();
      trap = { isIt, side, caught: resolve };
      return promise;
    },
    open() {
      isShut = false;
      for (const line of lines) {
        for (const bytes of line.unheard.splice(0)) line.client.write(bytes);
        for (const piece of line.waiting.splice(0)) send(line, piece);
      }
    },
    async close() {
      for (const { client, upstream } of lines) {
        client.destroy();
        upstream.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
}

const CUT = 'CUT';
const HEADER_BYTES = 5;
const READY = 'Z'.charCodeAt(0);
const COMPLETE = 'C'.charCodeAt(0);
const ERROR = 'E'.charCodeAt(0);

/** Reads from a server's answers what became of each statement. */
class ServerAnswers {
  #pending = Buffer.alloc(0);
  #tag = '';
  #resolve: ((tag: string) => void) | null = null;

  /** The tag of the next statement that ends; `ERROR` when it failed. */
  next(): Promise<string> {
    return new Promise((resolve) => {
      this.#tag = '';
      this.#resolve = resolve;
    });
  }

  /** No answer comes any more. */
  end(): void {
    this.#resolve?.(CUT);
    this.#resolve = null;
  }

  take(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= HEADER_BYTES) {
      const end = 1 + this.#pending.readInt32BE(1);
      if (this.#pending.length < end) return;
      const [type] = this.#pending;
      if (type === COMPLETE) this.#tag = this.#pending.toString('utf8', HEADER_BYTES, end - 1);
      if (type === ERROR) this.#tag = 'ERROR';
      this.#pending = this.#pending.subarray(end);
      if (type === READY) {
        this.#resolve?.(this.#tag);
        this.#resolve = null;
      }
    }
  }
}
