const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/**
 * Finds where values of a JSON text begin and end, without parsing it. What it says of bytes that are no JSON means
 * nothing: whoever uses it parses them, too.
 */

/** The index of the first byte from `at` on that is not white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let index = at;
  while (index < bytes.length && (bytes[index] ?? 0) <= SPACE) index += 1;
  return index;
}

/** The index after the closing quote of the string that opens at `at`. */
export function endOfString(bytes: Uint8Array, at: number): number {
  let index = at + 1;
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1;
  return Math.min(index + 1, bytes.length);
}

/** The index after the value that begins at `at`. */
export function endOfValue(bytes: Uint8Array, at: number): number {
  let depth = 0;
  let index = at;
  while (index < bytes.length) {
    const byte = bytes[index];
    if (byte === QUOTE) index = endOfString(bytes, index);
    else if (byte === BRACE || byte === BRACKET) {
      depth += 1;
      index += 1;
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
      // The end of what a number, or a word, stands in.
      if (depth === 0) return index;
      depth -= 1;
      index += 1;
    } else if (depth === 0 && byte === COMMA) return index;
    else {
      index += 1;
      continue;
    }
    if (depth === 0) return index;
  }
  return index;
}
