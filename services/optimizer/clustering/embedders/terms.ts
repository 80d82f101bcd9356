/** A term of a text with the weight of its kind and place. */
export interface Term {
  readonly term: string;
  readonly weight: number;
}

const WORD_WEIGHT = 1;
const PAIR_WEIGHT = 0.5;
const PART_WEIGHT = 0.2;
const PART_LENGTH = 4;
/** Messages name the fault first and its particulars after; the tenth word further on weighs less than half as much. */
const DECAY_PER_WORD = 0.15;

/**
 * Words that are in nearly every sentence, at the weight that their frequency in English earns them. Frequencies counted
 * over a project's own templates would change every night, and all vectors with them.
 */
const COMMON_WEIGHT = 0.3;
const COMMON = new Set(
  'a an and are as at be been but by for from has have if in into is it its of on or so than that the their then there this to was were when which while will with you your'.split(
    ' ',
  ),
);

/** Words (placeholders are words), pairs of neighbours, and parts of four letters of longer words. */
export function termsOf(text: string): readonly Term[] {
  const words = text.toLowerCase().match(/<[a-z]+>|[\p{L}\p{N}_]+/gu) ?? [];
  const terms: Term[] = [];
  words.forEach((word, index) => {
    const place = 1 / (1 + DECAY_PER_WORD * index);
    terms.push({ term: word, weight: (COMMON.has(word) ? COMMON_WEIGHT : WORD_WEIGHT) * place });
    const next = words[index + 1];
    if (next !== undefined) terms.push({ term: `${word} ${next}`, weight: PAIR_WEIGHT * place });
    if (word.startsWith('<') || word.length <= PART_LENGTH) return;
    for (let at = 0; at + PART_LENGTH <= word.length; at += 1) {
      terms.push({ term: `#${word.slice(at, at + PART_LENGTH)}`, weight: PART_WEIGHT * place });
    }
  });
  return terms;
}
