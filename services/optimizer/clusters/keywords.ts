/** A text with what it counts for. */
export interface WeightedText {
  readonly text: string;
  readonly mass: number;
}

const WORDS_MAX = 3;
const WORD_LENGTH_MIN = 3;
/** Placeholders of masking and words that tell nothing of a failure. */
const STOP_WORDS = new Set(
  'the and that this with from into not was were are has have had for its which does did but than then there where when will would could should been being'.split(
    ' ',
  ),
);

/**
 * Words by which a cluster differs from others, most telling first: c-TF-IDF, the frequency in the cluster times how rare
 * the word is among all of them. Without others there is nothing to differ from, and so no words.
 */
export function keywordsOf(own: readonly WeightedText[], others: readonly WeightedText[]): readonly string[] {
  if (others.length === 0) return [];
  const inOwn = frequenciesOf(own);
  const inOthers = frequenciesOf(others);
  const ownTotal = sumOf(inOwn.values());
  const othersTotal = sumOf(inOthers.values());
  return [...inOwn]
    .map(([word, count]) => {
      const everywhere = count / ownTotal + (inOthers.get(word) ?? 0) / Math.max(1, othersTotal);
      const isTelling = count / ownTotal > ((inOthers.get(word) ?? 0) / Math.max(1, othersTotal)) * TELLING_MIN;
      return { word, score: isTelling ? (count / ownTotal) * Math.log(1 + 1 / everywhere) : 0 };
    })
    .filter(({ score }) => score > 0)
    .sort((left, right) => right.score - left.score || (left.word < right.word ? -1 : 1))
    .slice(0, WORDS_MAX)
    .map(({ word }) => word);
}

/** A word must be this much more frequent than in the others, or it tells nothing apart. */
const TELLING_MIN = 2;

function frequenciesOf(texts: readonly WeightedText[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { text, mass } of texts) {
    for (const word of new Set(wordsOf(text))) counts.set(word, (counts.get(word) ?? 0) + mass);
  }
  return counts;
}

function wordsOf(text: string): readonly string[] {
  const words =
    text
      .toLowerCase()
      .replaceAll(/<[a-z*]+>/g, ' ')
      .match(/[a-z][a-z_]*[a-z]/g) ?? [];
  return words.filter((word) => word.length >= WORD_LENGTH_MIN && !STOP_WORDS.has(word));
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
