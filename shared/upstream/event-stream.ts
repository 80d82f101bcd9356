import { crc32 } from 'node:zlib';

/**
 * AWS's binary framing of event streams (`application/vnd.amazon.eventstream`): total length, header length and their
 * CRC-32, then headers and payload, then the CRC-32 of everything before it. Numbers are big-endian.
 */
export interface EventStreamMessage {
  readonly headers: Readonly<Record<string, EventStreamHeader>>;
  readonly payload: Buffer;
}

/** Text, numbers and flags as they are; byte arrays and UUIDs in hexadecimal; times in Unix milliseconds. */
export type EventStreamHeader = string | number | bigint | boolean;

/** Why nothing more can be read: framing has no way to find the next message after a damaged one. */
export type EventStreamFailure = 'message_too_large' | 'corrupt' | 'cut';

export interface EventStreamDecoder {
  /** Messages that became complete with these bytes; empty after a failure. */
  push(bytes: Uint8Array): EventStreamMessage[];
  /** The upstream closed; bytes of an unfinished message make it a failure. */
  end(): void;
  readonly failure: EventStreamFailure | null;
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const MESSAGE_BYTES_MIN = PRELUDE_BYTES + CRC_BYTES;
/** The standard allows 16 MiB of payload; an event of a model's answer is a thousandth of it. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const HEADERS_BYTES_MAX = 128 * 1024;
/** Sizes of the values of fixed length, by type; types 6 and 7 carry a length of their own. */
const FIXED_VALUE_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const STRING_TYPE = 7;

class CorruptMessage extends Error {}

function readValue(type: number, value: Buffer): EventStreamHeader {
  if (type === 0) return true;
  if (type === 1) return false;
  if (type === 2) return value.readInt8();
  if (type === 3) return value.readInt16BE();
  if (type === 4) return value.readInt32BE();
  if (type === 5) return value.readBigInt64BE();
  if (type === 8) return Number(value.readBigInt64BE());
  return type === STRING_TYPE ? value.toString('utf8') : value.toString('hex');
}

function take(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw new CorruptMessage('a header reaches over the end of the headers');
  return bytes.subarray(start, start + length);
}

function readHeaders(bytes: Buffer): Record<string, EventStreamHeader> {
  const headers: [string, EventStreamHeader][] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const nameLength = take(bytes, offset, 1).readUInt8();
    const name = take(bytes, offset + 1, nameLength).toString('utf8');
    offset += 1 + nameLength;
    const type = take(bytes, offset, 1).readUInt8();
    offset += 1;
    let length = FIXED_VALUE_BYTES[type];
    if (type === 6 || type === STRING_TYPE) {
      length = take(bytes, offset, 2).readUInt16BE();
      offset += 2;
    }
    if (length === undefined) throw new CorruptMessage('a header of a type that does not exist');
    headers.push([name, readValue(type, take(bytes, offset, length))]);
    offset += length;
  }
  return Object.fromEntries(headers);
}

function readMessage(bytes: Buffer): EventStreamMessage {
  const end = bytes.length - CRC_BYTES;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw new CorruptMessage('the message CRC is wrong');
  const headersEnd = PRELUDE_BYTES + bytes.readUInt32BE(4);
  return {
    headers: readHeaders(bytes.subarray(PRELUDE_BYTES, headersEnd)),
    payload: Buffer.from(bytes.subarray(headersEnd, end)),
  };
}

/** What the prelude says of the message's length, checked before anything of it is believed. */
function readLength(prelude: Buffer, bytesMax: number): number | EventStreamFailure {
  if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) return 'corrupt';
  const total = prelude.readUInt32BE(0);
  const headers = prelude.readUInt32BE(4);
  if (total > bytesMax || headers > HEADERS_BYTES_MAX) return 'message_too_large';
  return total < MESSAGE_BYTES_MIN || headers > total - MESSAGE_BYTES_MIN ? 'corrupt' : total;
}

/** Reads a byte stream that may be cut anywhere. Both checksums of every message are verified. */
export function createEventStreamDecoder(options: { readonly messageBytesMax?: number } = {}): EventStreamDecoder {
  const bytesMax = options.messageBytesMax ?? MESSAGE_BYTES_MAX;
  let pieces: Buffer[] = [];
  let buffered = 0;
  /** Bytes needed before the next step is worth trying: small pieces of a large message are not joined every time. */
  let awaited = PRELUDE_BYTES;
  let failure: EventStreamFailure | null = null;

  const step = (bytes: Buffer, messages: EventStreamMessage[]): Buffer => {
    const length = readLength(bytes.subarray(0, PRELUDE_BYTES), bytesMax);
    if (typeof length === 'string') {
      failure = length;
      return bytes;
    }
    awaited = length;
    if (bytes.length < length) return bytes;
    try {
      messages.push(readMessage(bytes.subarray(0, length)));
    } catch (error) {
      if (!(error instanceof CorruptMessage)) throw error;
      failure = 'corrupt';
    }
    awaited = PRELUDE_BYTES;
    return bytes.subarray(length);
  };

  return {
    push(piece) {
      const messages: EventStreamMessage[] = [];
      if (failure !== null) return messages;
      pieces.push(Buffer.from(piece));
      buffered += piece.length;
      if (buffered < awaited) return messages;
      let bytes = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
      while (failure === null && bytes.length >= awaited) bytes = step(bytes, messages);
      pieces = failure === null && bytes.length > 0 ? [bytes] : [];
      buffered = bytes.length;
      return messages;
    },
    end() {
      if (failure === null && buffered > 0) failure = 'cut';
    },
    get failure() {
      return failure;
    },
  };
}

/** The bytes of one message whose headers are all text, as those of every event and exception are. */
export function encodeEventStreamMessage(headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const nameBytes = Buffer.from(name, 'utf8');
      const valueBytes = Buffer.from(value, 'utf8');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(valueBytes.length);
      return Buffer.concat([Buffer.of(nameBytes.length), nameBytes, Buffer.of(STRING_TYPE), length, valueBytes]);
    }),
  );
  const message = Buffer.alloc(MESSAGE_BYTES_MIN + head.length + payload.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  message.set(head, PRELUDE_BYTES);
  message.set(payload, PRELUDE_BYTES + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - CRC_BYTES)), message.length - CRC_BYTES);
  return message;
}
