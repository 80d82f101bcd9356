/** Where the messages of a request stand in its bytes. */
export interface RequestSplit {
  /** JSON of the whole request, in memory of its own. */
  readonly bytes: Buffer;
  /** Behind the bracket that opens the list. */
  readonly listStart: number;
  /** Where each message ends. */
  readonly ends: readonly number[];
  /** The bracket that closes the list. */
  readonly listEnd: number;
}

/** What a request has in common with the one before it. */
export interface RequestContinuation {
  /** So many first messages are the same, byte for byte. */
  readonly kept: number;
  /** The messages behind them, parsed. */
  readonly added: readonly unknown[];
  readonly split: RequestSplit;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MESSAGES = Buffer.from('"messages"');

/**
 * Finds the messages in the bytes of a request that is known to be JSON. Null when they are not a list of objects under
 * a name that stands there once and plainly: then nothing is said about it.
 */
export function splitRequest(bytes: Buffer): RequestSplit | null {
  let found: RequestSplit | null = null;
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return null;
  at = skipSpace(bytes, at + 1);
  while (at < bytes.length && bytes[at] === QUOTE) {
    const nameEnd = skipString(bytes, at);
    if (nameEnd < 0) return null;
    const name = bytes.subarray(at, nameEnd);
    // A name can be written with escapes, and the last one of a name counts.
    if (name.includes(BACKSLASH)) return null;
    at = skipSpace(bytes, nameEnd);
    if (bytes[at] !== COLON) return null;
    at = skipSpace(bytes, at + 1);
    if (name.equals(MESSAGES)) {
      if (found !== null || bytes[at] !== OPEN_BRACKET) return null;
      const list = readList(bytes, at + 1, []);
      if (list === null) return null;
      found = { bytes, listStart: at + 1, ends: list.slices.map(({ end }) => end), listEnd: list.end };
      at = list.end + 1;
    } else at = skipValue(bytes, at);
    if (at < 0) return null;
    at = skipSpace(bytes, at);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1);
  }
  if (found === null || bytes[at] !== CLOSE_BRACE || skipSpace(bytes, at + 1) !== bytes.length) return null;
  return { ...found, bytes: Buffer.from(bytes) };
}

/**
 * Compares a request with the one before it. They have to be the same, byte for byte, up to the end of a message and
 * from the end of the list on; only what is between is read. Null when they are not, or when that is no JSON.
 */
export function continueRequest(previous: RequestSplit, bytes: Buffer): RequestContinuation | null {
  if (!startsLike(previous, bytes, previous.listStart)) return null;
  const kept = countKept(previous, bytes);
  const from = kept === 0 ? previous.listStart : (previous.ends[kept - 1] ?? 0);
  const list = readList(bytes, from, previous.ends.slice(0, kept));
  if (list === null) return null;
  if (!bytes.subarray(list.end).equals(previous.bytes.subarray(previous.listEnd))) return null;
  try {
    const added = list.slices.map(({ start, end }): unknown => JSON.parse(bytes.toString('utf8', start, end)));
    const ends = [...previous.ends.slice(0, kept), ...list.slices.map(({ end }) => end)];
    const split = { bytes: Buffer.from(bytes), listStart: previous.listStart, ends, listEnd: list.end };
    return { kept, added, split };
  } catch {
    return null;
  }
}

/** How many first messages are the same: found by halving, because comparing memory is all but free. */
function countKept(previous: RequestSplit, bytes: Buffer): number {
  let same = 0;
  let different = previous.ends.length + 1;
  while (different - same > 1) {
    const middle = (same + different) >> 1;
    if (startsLike(previous, bytes, previous.ends[middle - 1] ?? 0)) same = middle;
    else different = middle;
  }
  return same;
}

function startsLike(previous: RequestSplit, bytes: Buffer, length: number): boolean {
  return bytes.length >= length && bytes.subarray(0, length).equals(previous.bytes.subarray(0, length));
}

interface Slice {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads objects up to the bracket that ends their list.
 *
 * @param before ends of those that are read already; with one, the list goes on by a comma or ends
 */
function readList(
  bytes: Buffer,
  from: number,
  before: readonly number[],
): { readonly slices: readonly Slice[]; readonly end: number } | null {
  const slices: Slice[] = [];
  let at = skipSpace(bytes, from);
  if (before.length === 0 && bytes[at] === CLOSE_BRACKET) return { slices, end: at };
  let isFirst = before.length === 0;
  while (at < bytes.length) {
    if (!isFirst) {
      if (bytes[at] === CLOSE_BRACKET) return { slices, end: at };
      if (bytes[at] !== COMMA) return null;
      at = skipSpace(bytes, at + 1);
    }
    if (bytes[at] !== OPEN_BRACE) return null;
    const end = skipValue(bytes, at);
    if (end < 0) return null;
    slices.push({ start: at, end });
    at = skipSpace(bytes, end);
    isFirst = false;
  }
  return null;
}

/** Where the value that starts here ends, or -1. Trusts that brackets match: whoever uses the slice parses it. */
function skipValue(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return skipString(bytes, start);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipPlain(bytes, start);
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = skipString(bytes, at);
      if (end < 0) return -1;
      at = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

function skipString(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return -1;
}

/** A number, `true`, `false` or `null`. */
function skipPlain(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && ![COMMA, CLOSE_BRACE, CLOSE_BRACKET].includes(bytes[at] ?? 0)) at += 1;
  return at;
}

function skipSpace(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return at;
}
