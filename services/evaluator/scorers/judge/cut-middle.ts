import { sha256Hex } from '#shared/content-hash.ts';

const HASH_CHARACTERS = 12;

/** Shortens a text in its middle and says so, with the length and hash of what is gone. */
export function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, Math.ceil((limit * 2) / 3));
  const tail = text.slice(text.length - Math.floor(limit / 3));
  return `${head}${cutMark(text.slice(head.length, text.length - tail.length))}${tail}`;
}

/** The mark that stands for a removed text. */
export function cutMark(removed: string, what = ''): string {
  return `[... ${what}${removed.length} chars removed, sha256 ${sha256Hex(removed).slice(0, HASH_CHARACTERS)} ...]`;
}
