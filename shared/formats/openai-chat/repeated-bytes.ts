import { PADDING_END, type RepeatedChunk, textOf } from './repeated-chunk.ts';

/** A repeated chunk as the bytes that servers send of it: one line of data, and a blank one behind it. */
export interface RepeatedBytes {
  readonly chunk: RepeatedChunk;
  /** False where the chunk came as several lines of data: its text is then not among the bytes as it is. */
  readonly isOneLine: boolean;
  readonly prefix: Buffer;
  readonly suffix: Buffer;
}

const LINE_START = 'data: ';
const EVENT_END = '\n\n';
const PADDED_END: Buffer = Buffer.from(`${PADDING_END}${EVENT_END}`);
/** A longer piece is not looked at byte by byte. */
const PIECE_BYTES_MAX = 1_024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const FIRST_NOT_ASCII = 0x80;

export function repeatedBytesOf(chunk: RepeatedChunk): RepeatedBytes {
  const { prefix, suffix, isPadded } = chunk;
  return {
    chunk,
    isOneLine: !`${prefix}${suffix}`.includes('\n'),
    prefix: Buffer.from(`${LINE_START}${prefix}`),
    suffix: Buffer.from(isPadded ? suffix : `${suffix}${EVENT_END}`),
  };
}

/**
 * The piece of an event that is the same but for its piece; null for any other bytes. What is found is what parsing them
 * as an event and reading its chunk would find, without making a text of what is known.
 */
export function readRepeatedBytes(known: RepeatedBytes, bytes: Buffer): string | null {
  const { chunk, prefix, suffix } = known;
  if (!known.isOneLine || !isAt(prefix, bytes, 0)) return null;
  const end = chunk.isPadded ? bytes.lastIndexOf(suffix) : bytes.length - suffix.length;
  if (end <= prefix.length) return null;
  if (chunk.isPadded ? !isPadding(bytes, end + suffix.length) : !isAt(suffix, bytes, end)) return null;
  return readPiece(bytes, prefix.length, end);
}

function readPiece(bytes: Buffer, start: number, end: number): string | null {
  if (end - start > PIECE_BYTES_MAX) return null;
  let isAscii = true;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < FIRST_PRINTABLE || byte === QUOTE || byte === BACKSLASH) {
      return textOf(bytes.toString('utf8', start, end));
    }
    if (byte >= FIRST_NOT_ASCII) isAscii = false;
  }
  return bytes.toString(isAscii ? 'latin1' : 'utf8', start, end);
}

/** A loop is as fast as a call that compares memory, for what fits into a chunk. */
function isAt(part: Buffer, bytes: Buffer, start: number): boolean {
  if (bytes.length - start < part.length) return false;
  for (let index = 0; index < part.length; index += 1) {
    if (part[index] !== bytes[start + index]) return false;
  }
  return true;
}

/** Whether an event ends in nothing but padding, from here on. */
function isPadding(bytes: Buffer, start: number): boolean {
  const end = bytes.length - PADDED_END.length;
  if (start > end || !isAt(PADDED_END, bytes, end)) return false;
  for (let index = start; index < end; index += 1) {
    if (!isPaddingByte(bytes[index] ?? 0)) return false;
  }
  return true;
}

/** Letters, digits, `-` and `_`. */
function isPaddingByte(byte: number): boolean {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x5f;
}
