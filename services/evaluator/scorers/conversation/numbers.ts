/** A number as people and programs write it, thousands apart or not. Digits inside of words and ids are none. */
const NUMBER = /(?<![A-Za-z0-9_#.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![A-Za-z0-9_])/g;
/** More numbers than this in one text are a table of data, in which anything can be found. */
const NUMBERS_MAX = 20_000;

/** One writing for equal numbers: no thousands, no sign, no zeros at the end of a fraction. */
export function normaliseNumber(text: string): string {
  const plain = text.replaceAll(',', '').replace(/^[-+]/, '');
  const trimmed = plain.includes('.') ? plain.replace(/0+$/, '').replace(/\.$/, '') : plain;
  return trimmed.replace(/^0+(?=\d)/, '');
}

/** Every number of a text in one writing. */
export function numbersOf(text: string): ReadonlySet<string> {
  const numbers = new Set<string>();
  for (const match of text.matchAll(NUMBER)) {
    numbers.add(normaliseNumber(match[0]));
    if (numbers.size >= NUMBERS_MAX) break;
  }
  return numbers;
}
