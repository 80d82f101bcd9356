/** A term of a text with the weight of its kind. */
export interface Term {
  readonly term: string;
  readonly weight: number;
}

const WORD_WEIGHT = 1;
const PAIR_WEIGHT = 0.7;
const PART_WEIGHT = 0.3;
const PART_LENGTH = 4;

/** Words (placeholders are words), pairs of neighbours, and parts of four letters of longer words. */
export function termsOf(text: string): readonly Term[] {
  const words = text.toLowerCase().match(/<[a-z]+>|[\p{L}\p{N}_]+/gu) ?? [];
  const terms: Term[] = [];
  words.forEach((word, index) => {
    terms.push({ term: word, weight: WORD_WEIGHT });
    const next = words[index + 1];
    if (next !== undefined) terms.push({ term: `${word} ${next}`, weight: PAIR_WEIGHT });
    if (word.startsWith('<')) return;
    for (let at = 0; at + PART_LENGTH <= word.length; at += 1) {
      if (word.length > PART_LENGTH) terms.push({ term: `#${word.slice(at, at + PART_LENGTH)}`, weight: PART_WEIGHT });
    }
  });
  return terms;
}
