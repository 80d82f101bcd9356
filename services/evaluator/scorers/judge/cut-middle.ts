import { sha256Hex } from '#shared/content-hash.ts';

const HASH_CHARACTERS = 12;

/** What is left of a text that was shortened in its middle, and what stands for the rest. */
interface CutText {
  readonly head: string;
  readonly mark: string;
  readonly tail: string;
}

/** Shortens a text in its middle and says so, with the length and hash of what is gone; null when it fits. */
function cutText(text: string, limit: number): CutText | null {
  if (text.length <= limit) return null;
  const head = text.slice(0, Math.ceil((limit * 2) / 3));
  const tail = text.slice(text.length - Math.floor(limit / 3));
  return { head, mark: cutMark(text.slice(head.length, text.length - tail.length)), tail };
}

export function cutMiddle(text: string, limit: number): string {
  const cut = cutText(text, limit);
  return cut === null ? text : `${cut.head}${cut.mark}${cut.tail}`;
}

/**
 * The same for a text whose lines are marked as somebody's: the sign of the cut stands on a line of its own and without
 * the mark, so that nobody can write one.
 */
export function cutMarked(text: string, limit: number, mark: (part: string) => string): string {
  const cut = cutText(text, limit);
  if (cut === null) return mark(text);
  return [mark(cut.head), cut.mark, ...(cut.tail === '' ? [] : [mark(cut.tail)])].join('\n');
}

/** The mark that stands for a removed text. */
export function cutMark(removed: string, what = ''): string {
  return `[... ${what}${removed.length} chars removed, sha256 ${sha256Hex(removed).slice(0, HASH_CHARACTERS)} ...]`;
}
