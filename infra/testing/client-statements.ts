/** One statement as a client sent it, with its parameters as text. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
}

/** All bytes of one round trip of a client; those that carry no statement have none. */
export interface ClientPiece {
  readonly bytes: Buffer;
  readonly statement: Statement | null;
}

const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
const TYPE = { parse: 'P', bind: 'B', query: 'Q', sync: 'S' } as const;

/**
 * Cuts what a client of PostgreSQL sends into its round trips: the start-up packet, then one piece up to each Sync or
 * simple query (the message flow of PostgreSQL's frontend protocol, version 3).
 */
export class ClientStatements {
  #pending = Buffer.alloc(0);
  #hasStarted = false;
  #group: Buffer[] = [];
  #sql: string | null = null;
  #parameters: readonly (string | null)[] = [];

  /** The pieces that are whole now. */
  take(bytes: Buffer): readonly ClientPiece[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const pieces: ClientPiece[] = [];
    for (let message = this.#nextMessage(); message !== null; message = this.#nextMessage()) {
      const piece = this.#read(message);
      if (piece !== null) pieces.push(piece);
    }
    return pieces;
  }

  #nextMessage(): Buffer | null {
    const typeBytes = this.#hasStarted ? 1 : 0;
    if (this.#pending.length < typeBytes + LENGTH_BYTES) return null;
    const end = typeBytes + this.#pending.readInt32BE(typeBytes);
    if (this.#pending.length < end) return null;
    const message = this.#pending.subarray(0, end);
    this.#pending = this.#pending.subarray(end);
    return message;
  }

  #read(message: Buffer): ClientPiece | null {
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      return { bytes: message, statement: null };
    }
    this.#group.push(message);
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === TYPE.query) this.#sql = textAt(message, HEADER_BYTES);
    if (type === TYPE.parse) this.#sql = textAt(message, endOfText(message, HEADER_BYTES));
    if (type === TYPE.bind) this.#parameters = parametersOf(message);
    if (type === TYPE.parse || type === TYPE.bind) return null;
    if (type !== TYPE.sync && type !== TYPE.query && this.#sql !== null) return null;
    const statement = this.#sql === null ? null : { sql: this.#sql, parameters: this.#parameters };
    const piece = { bytes: Buffer.concat(this.#group), statement };
    this.#group = [];
    this.#sql = null;
    this.#parameters = [];
    return piece;
  }
}

function endOfText(message: Buffer, start: number): number {
  return message.indexOf(0, start) + 1;
}

function textAt(message: Buffer, start: number): string {
  return message.toString('utf8', start, endOfText(message, start) - 1);
}

/** Bind: portal, statement, formats of parameters, parameters, formats of results. */
function parametersOf(message: Buffer): readonly (string | null)[] {
  let at = endOfText(message, endOfText(message, HEADER_BYTES));
  at += 2 + 2 * message.readInt16BE(at);
  const parameters: (string | null)[] = [];
  const count = message.readInt16BE(at);
  at += 2;
  for (let index = 0; index < count; index += 1) {
    const length = message.readInt32BE(at);
    at += LENGTH_BYTES;
    parameters.push(length === NULL_LENGTH ? null : message.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return parameters;
}
