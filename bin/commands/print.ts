import type { CommandContext } from './command-context.ts';

/** Controls and invisible format characters: a terminal obeys the first, and a reader is fooled by the second. */
const UNPRINTABLE = /\p{Cc}|\p{Cf}/gu;

/**
 * One JSON document, or one line of it a record where a command streams. What JSON leaves bare of the unprintable is
 * escaped: the document stays the same to a program, and harmless to a terminal.
 */
export function printJson(context: CommandContext, value: unknown): void {
  const escaped = JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeUnit(character.charCodeAt(index))).join(''),
  );
  context.stdout.write(`${escaped}\n`);
}

export function printLine(context: CommandContext, line = ''): void {
  context.stdout.write(`${printableText(line)}\n`);
}

/** Notes and progress go to standard error, so that standard output stays what was asked for. */
export function printNote(context: CommandContext, line: string): void {
  context.stderr.write(`${printableText(line)}\n`);
}

type Row = readonly (string | number | null)[];

/** Columns aligned under their headings; numbers to the right. Control characters of traffic never reach the terminal. */
export function printTable(context: CommandContext, headings: readonly string[], rows: readonly Row[]): void {
  createTablePrinter(context, headings)(rows);
}

/** A table that grows: headed once, with columns that never become narrower. */
export function createTablePrinter(
  context: CommandContext,
  headings: readonly string[],
): (rows: readonly Row[]) => void {
  let widths = headings.map((heading) => heading.length);
  let isHeaded = false;
  return (rows) => {
    const cells = rows.map((row) => row.map((cell) => (cell === null ? '-' : printable(String(cell)))));
    widths = widths.map((width, column) => Math.max(width, ...cells.map((row) => (row[column] ?? '').length)));
    const numeric = headings.map((_heading, column) => rows.some((row) => typeof row[column] === 'number'));
    const line = (row: readonly string[]) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd();
    if (!isHeaded) printLine(context, line(headings));
    isHeaded = true;
    for (const row of cells) printLine(context, line(row));
  };
}

/** Traffic is hostile text, and a terminal obeys escape sequences. One line. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\uFFFD');
}

/** The same for text of several lines. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (character) => (character === '\n' ? character : '\uFFFD'));
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** `3s`, `4m`, `2h`, `5d` since a moment. */
export function age(moment: Date, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - moment.getTime()) / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
