/** A word with letters and digits, such as an order number or the name of a file: it means one thing in one place. */
const IDENTIFIER = /[\p{L}\p{N}_.-]{5,}/gu;

/**
 * A rewritten text without its new lines that speak of a single row: those with an identifier that stands in the input of
 * exactly one of the rows. Such a line is an answer learned by heart; it helps on its own row alone, and in the prompt of
 * others it is a leak. Lines that were there before stay.
 */
export function generalLines(before: string, text: string, inputs: readonly string[]): string {
  const known = new Set(before.split('\n'));
  const counts = new Map<string, number>();
  for (const input of inputs) {
    for (const word of new Set(identifiersOf(input))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const isGeneral = (line: string) => identifiersOf(line).every((word) => counts.get(word) !== 1);
  return text
    .split('\n')
    .filter((line) => known.has(line) || isGeneral(line))
    .join('\n');
}

function identifiersOf(text: string): string[] {
  return (text.toLowerCase().match(IDENTIFIER) ?? [])
    .map((word) => word.replace(/^[.-]+|[.-]+$/g, ''))
    .filter((word) => /\p{L}/u.test(word) && /\p{N}/u.test(word));
}
