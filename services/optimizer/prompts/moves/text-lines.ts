/** The distinct lines of a text, without blank ones and blanks at their ends. */
export function linesOf(text: string): string[] {
  return [...new Set(text.split('\n').map((line) => line.trimEnd()))].filter((line) => line.trim() !== '');
}
