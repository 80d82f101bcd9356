import { blockFacts } from './block-facts.ts';
import type { Literal } from './literals.ts';
import { normaliseNumber } from './numbers.ts';

/** Texts up to this length are what somebody said, and not data or rules. */
const SPOKEN_CHARACTERS_MAX = 600;
/** Longer ones are files and lists, in which numbers are written as they are. */
const RECORD_CHARACTERS_MAX = 4_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Whether one of the texts has a literal letter by letter: less than `isGrounded` asks, and much sooner known. */
export function isQuoted({ kind, value }: Literal, texts: readonly string[]): boolean {
  return texts.some((text) => text.includes(value)) || (kind === 'path' && isPathGrounded(value, texts));
}

/** Whether one of the texts has a literal, as it is or in another usual writing. */
export function isGrounded(literal: Literal, texts: readonly string[]): boolean {
  const lower = literal.value.toLowerCase();
  if (texts.some((text) => blockFacts(text).lower.includes(lower))) return true;
  switch (literal.kind) {
    case 'number': {
      const number = normaliseNumber(literal.value);
      return texts.some((text) => blockFacts(text).numbers.has(number)) || hasDigits(number, texts);
    }
    case 'date':
      return isDateGrounded(lower, texts);
    case 'path':
      return isPathGrounded(lower, texts.map(lowerOf));
    case 'url':
      return isUrlGrounded(lower, texts);
    case 'email':
      return isSpelledOut(lower, texts);
    case 'id':
      return isIdGrounded(lower, texts);
    default:
      return literal.kind satisfies never;
  }
}

/** Phone numbers and cards are written in groups. */
function hasDigits(number: string, texts: readonly string[]): boolean {
  const digits = number.replace(/\D/g, '');
  if (digits.length < 7) return false;
  const grouped = new RegExp(digits.split('').join('[ ().-]{0,2}'));
  return texts.some((text) => text.length <= RECORD_CHARACTERS_MAX && grouped.test(text));
}

/** The day in words or digits, in any order; the year may be left to the reader. */
function isDateGrounded(date: string, texts: readonly string[]): boolean {
  const [year = '', month = '', dayText = ''] = date.slice(0, 10).split('-');
  const day = String(Number(dayText));
  const name = MONTHS[Number(month) - 1] ?? month;
  const shortMonth = String(Number(month));
  const wordy = new RegExp(
    `\\b${name}[a-z]*\\.? ?0?${day}(?:st|nd|rd|th)?\\b|\\b0?${day}(?:st|nd|rd|th)?(?: of)? ${name}|\\b0?${shortMonth}[/.-]0?${day}\\b|\\b0?${day}[/.-]0?${shortMonth}\\b`,
  );
  return texts.some((text) => {
    const { lower } = blockFacts(text);
    return (
      lower.includes(date.slice(0, 10)) ||
      lower.includes(`${year}${month}${dayText}`) ||
      wordy.test(lower) ||
      isRelativeDay(text, lower)
    );
  });
}

/** Whoever speaks of days by their distance leaves the date to be worked out. */
function isRelativeDay(text: string, lower: string): boolean {
  if (text.length > SPOKEN_CHARACTERS_MAX) return false;
  return /\b(?:tomorrow|yesterday|today|tonight|(?:next|last|this|coming|following) (?:week|month|year|day|mon|tues|wednes|thurs|fri|satur|sun)|(?:days?|weeks?|months?|nights?) (?:from|after|later|before|earlier|ago)|(?:days?|weeks?|months?) (?:earlier|later|prior))/.test(
    lower,
  );
}

/** A new file in a known folder, or a known file by another way, is no invention. */
function isPathGrounded(path: string, texts: readonly string[]): boolean {
  const parts = path.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== '..');
  const name = parts.at(-1) ?? path;
  const folder = parts.slice(0, -1).join('/');
  return texts.some(
    (text) => (name.length >= 3 && text.includes(name)) || (folder.length >= 2 && text.includes(folder)),
  );
}

function lowerOf(text: string): string {
  return blockFacts(text).lower;
}

function isUrlGrounded(url: string, texts: readonly string[]): boolean {
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/.exec(url)?.[1]?.replace(/^www\./, '') ?? url;
  return texts.some((text) => blockFacts(text).lower.includes(host));
}

/** "jane at example dot com", and names from which an address is made. */
function isSpelledOut(address: string, texts: readonly string[]): boolean {
  const [name = '', domain = ''] = address.split('@');
  return texts.some((text) => {
    const { lower } = blockFacts(text);
    return lower.includes(name) && (lower.includes(domain) || lower.includes(domain.split('.')[0] ?? domain));
  });
}

/** Ids are taken over without their mark, in parts, or spelled with blanks. */
function isIdGrounded(id: string, texts: readonly string[]): boolean {
  const bare = id.replace(/[^a-z0-9]/g, '');
  const parts = id.split(/[^a-z0-9]+/).filter((part) => part !== '');
  const spelled = new RegExp(`(?<![a-z0-9])${bare.split('').join('[^a-z0-9]{0,3}')}(?![a-z0-9])`);
  return texts.some((text) => {
    const { lower } = blockFacts(text);
    if (parts.length > 1 && parts.every((part) => lower.includes(part))) return true;
    return text.length <= SPOKEN_CHARACTERS_MAX && bare.length >= 4 && bare.length <= 64 && spelled.test(lower);
  });
}
