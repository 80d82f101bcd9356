/** No tokenizer joins it to a word, no keyboard types it, and `neutralise` leaves none in any text. */
const MARK = '\u02c6';
/** Words between two marks: each costs a token, and a dozen words are enough of an instruction. */
const WORDS_BETWEEN = 4;
const OUTPUT_PREFIX = '> ';
const TEXT_PREFIX = '| ';

/**
 * Marks what a tool has put out, line by line and inside of lines, so that a model can tell at every place where it is
 * reading: strangers' words come in here.
 */
export function markOutput(text: string): string {
  return text
    .split('\n')
    .map((line) => OUTPUT_PREFIX + markWords(line))
    .join('\n');
}

/** Marks the lines of a message's own text, so that no line of it can pass for the head of another message. */
export function markText(text: string): string {
  return text.replace(/^/gm, TEXT_PREFIX);
}

/** A text without any marks and with single blanks: what two people who quote the same words have in common. */
export function unmark(text: string): string {
  return text
    .replace(/^[>|] /gm, '')
    .replaceAll(MARK, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function markWords(line: string): string {
  let words = 0;
  return line.replace(/(\S) (?=\S)/g, (blank, before: string) => {
    words += 1;
    return words % WORDS_BETWEEN === 0 ? before + MARK : blank;
  });
}
