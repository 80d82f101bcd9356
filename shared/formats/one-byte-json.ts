import { isUtf8 } from 'node:buffer';

/**
 * JSON whose strings hold one character per UTF-8 byte. Read and written this way, text is neither decoded nor encoded,
 * and the engine keeps it in half the memory: parsing and writing a request of a coding agent takes less than half as
 * long. The bytes that come out are those of the plain way.
 *
 * The price: a string that is not ASCII is not what it says. It may be moved, joined and written, and compared with
 * another one of the same request; it must not be trimmed, cut, searched by a pattern, shown, or joined with text of
 * elsewhere that has not been through `toOneByte`.
 */
export type OneByteParse = { readonly type: 'parsed'; readonly value: unknown } | { readonly type: 'unfit' };

const ESCAPE = '\\u';
/** An escape of a character that is more than one byte in UTF-8, or that only looks like an escape. */
const WIDE_ESCAPE = /\\u(?!00[0-7])/i;
const UNFIT: OneByteParse = { type: 'unfit' };

/** `unfit` is for what only the plain way gets right: escapes of non-ASCII characters, bytes that are not UTF-8, no JSON. */
export function parseOneByte(bytes: Buffer): OneByteParse {
  if (!isUtf8(bytes)) return UNFIT;
  const text = bytes.toString('latin1');
  // Bodies of agents are full of backslashes: searching the bytes for both characters beats a pattern over the string.
  if (bytes.includes(ESCAPE) && WIDE_ESCAPE.test(text)) return UNFIT;
  return parseText(text);
}

/** As `parseOneByte`, of a text that holds one character for every byte of UTF-8. */
export function parseOneByteText(text: string): OneByteParse {
  return text.includes(ESCAPE) && WIDE_ESCAPE.test(text) ? UNFIT : parseText(text);
}

function parseText(text: string): OneByteParse {
  try {
    return { type: 'parsed', value: JSON.parse(text) };
  } catch {
    return UNFIT;
  }
}

/** The UTF-8 bytes of a value that `parseOneByte` gave, or that was made of such. */
export function encodeOneByte(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'latin1');
}

/** Ordinary text as it would have come out of `parseOneByte`. A lone surrogate becomes U+FFFD, as in any UTF-8. */
export function toOneByte(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
