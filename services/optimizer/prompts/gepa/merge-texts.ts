import { linesOf } from '../moves/text-lines.ts';

/**
 * Three-way merge of two descendants of one text: a line that either of them dropped is gone, a line that either of them
 * added is there once, after the line that it followed. A prompt of one text has no other components than its lines, and
 * this is what lets two lineages that learned different things be joined without asking anyone. Null when the merge adds
 * nothing to one of the two.
 */
export function mergeTexts(ancestor: string, first: string, second: string): string | null {
  const base = linesOf(ancestor);
  const own = [linesOf(first), linesOf(second)] as const;
  const kept = (line: string) => !base.includes(line) || own.every((lines) => lines.includes(line));
  const merged = own[0].filter(kept);
  let after = -1;
  for (const line of own[1]) {
    const at = merged.indexOf(line);
    if (at !== -1) {
      after = at;
      continue;
    }
    if (base.includes(line)) continue;
    after += 1;
    merged.splice(after, 0, line);
  }
  const same = (lines: readonly string[]) => sameLines(lines, merged);
  return own.some(same) || same(base) ? null : merged.join('\n');
}

function sameLines(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line) => other.includes(line));
}
