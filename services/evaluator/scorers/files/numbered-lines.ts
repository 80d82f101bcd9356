/** Lines as tools show them: `     1→text`, `     1\ttext`, `1:text`. */
const NUMBERED = /^ *(\d+)(?:→|\t|:)(.*)$/;
/** What clients put around a file: notes of theirs, a title, and the place where a view was cut. */
const AROUND = /^(<system-reminder>|<\/?(file|content|path|type)>|Here's the result of running|\[File: )/;
/** Clients cut longer lines, and longer files, without always saying so. */
const LINE_CHARACTERS_MAX = 2_000;
const LINES_MAX = 2_000;

/**
 * The text of a file out of a result that shows it with numbers before its lines; null where it is not all of the file
 * as far as can be told, or does not look like one.
 */
export function readNumberedLines(result: string): string | null {
  const lines: string[] = [];
  let hasEnded = false;
  for (const line of result.replaceAll('\r\n', '\n').split('\n')) {
    const match = NUMBERED.exec(line);
    if (match === null || hasEnded) {
      if (lines.length > 0 && line.trim() !== '') hasEnded = true;
      if (lines.length === 0 && line.trim() !== '' && !AROUND.test(line)) return null;
      if (hasEnded && /^\(|truncat|more lines|lines? (omitted|not shown|remaining)/i.test(line)) return null;
      continue;
    }
    const text = match[2] ?? '';
    if (Number(match[1]) !== lines.length + 1 || text.length >= LINE_CHARACTERS_MAX) return null;
    lines.push(text);
  }
  return lines.length === 0 || lines.length >= LINES_MAX ? null : lines.join('\n');
}
