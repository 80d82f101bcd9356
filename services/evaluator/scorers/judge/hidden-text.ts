import { Buffer } from 'node:buffer';

/** Letters of the block that mirrors ASCII invisibly. */
const TAG_RUN = /[\u{e0020}-\u{e007e}]{4,}/gu;
const TAG_OFFSET = 0xe0000;
/** Directions turned around, runs of characters of no width, and words with such characters inside: nobody types those. */
const TURNED_OR_EMPTY =
  /[\u202a-\u202e\u2066-\u2069]|[\u200b\u200c\u2060\ufeff\u180e]{4,}|[\u{e0100}-\u{e01ef}]{4,}|(?:[a-z][\u200b\u200c\u2060\ufeff\u00ad]){4,}/iu;
const BASE64_RUN = /[A-Za-z0-9+/]{32,}={0,2}/g;
const HEX_RUN = /(?:[0-9a-f]{2}){24,}/gi;
const RUNS_MAX = 50;
const PRINTABLE_SHARE = 0.95;
/** Letters set apart by blanks, dots or dashes to escape a search. */
const SPACED_WORD = /\b(?:[a-z][ .\-_*]){3,}[a-z]\b/gi;

/** Letters of other scripts that look like Latin ones. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  ј: 'j',
  ѕ: 's',
  ԁ: 'd',
  һ: 'h',
  ո: 'n',
  ց: 'g',
  А: 'A',
  В: 'B',
  Е: 'E',
  К: 'K',
  М: 'M',
  Н: 'H',
  О: 'O',
  Р: 'P',
  С: 'C',
  Т: 'T',
  Х: 'X',
  І: 'I',
  α: 'a',
  ε: 'e',
  ο: 'o',
  ρ: 'p',
  ν: 'v',
  ι: 'i',
  κ: 'k',
  Α: 'A',
  Β: 'B',
  Ε: 'E',
  Ι: 'I',
  Ο: 'O',
  Ρ: 'P',
  Τ: 'T',
};
const LOOKALIKE = new RegExp(`[${Object.keys(LOOKALIKES).join('')}]`, 'gu');

export interface HiddenText {
  /** Texts that were encoded or drawn invisibly, read. */
  readonly texts: readonly string[];
  /** True when characters were used that serve to hide. */
  readonly invisible: boolean;
}

/** What a text holds that a person does not see: invisible letters, base64 and hexadecimal runs that are text again. */
export function hiddenPayloads(text: string): HiddenText {
  const tags = matches(text, TAG_RUN).map((run) =>
    [...run].map((letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - TAG_OFFSET)).join(''),
  );
  const decoded = [
    ...matches(text, BASE64_RUN).map((run) => Buffer.from(run, 'base64').toString('utf8')),
    ...matches(text, HEX_RUN).map((run) => Buffer.from(run, 'hex').toString('utf8')),
  ].filter(isPrintable);
  const spaced = matches(text, SPACED_WORD).map((run) => run.replace(/[ .\-_*]/g, ''));
  return {
    texts: [...tags, ...decoded, ...(spaced.length > 0 ? [spaced.join(' ')] : [])],
    invisible: tags.length > 0 || TURNED_OR_EMPTY.test(text),
  };
}

/** The text with lookalike letters as Latin ones and without characters of no width inside words. */
export function foldLookalikes(text: string): string {
  const folded = text.normalize('NFKC').replace(/[\u200b-\u200f\u2060\ufeff\u00ad]/g, '');
  return folded.replace(LOOKALIKE, (letter) => LOOKALIKES[letter] ?? letter);
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return (text.match(pattern) ?? []).slice(0, RUNS_MAX);
}

function isPrintable(text: string): boolean {
  const printable = text.match(/[\p{L}\p{N}\p{P}\p{Zs}\n]/gu)?.length ?? 0;
  return text.length > 0 && printable >= PRINTABLE_SHARE * text.length && /[a-z]{2,} /i.test(text);
}
