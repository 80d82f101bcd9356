import { type Embedder, normalise, type SimilarityThresholds } from './embedder.ts';
import { termsOf } from './terms.ts';

/** Buckets of the hash; a thousand templates have a few thousand different terms, and collisions are rare among them. */
const DIMENSIONS = 2_048;

const VERSION = '1';
const THRESHOLDS: SimilarityThresholds = { attach: 0.6, tentative: 0.5 };

/** How common terms are among the templates of a project; JSON, so that it can be stored. */
export interface TermStatistics {
  readonly documents: number;
  /** Documents that have a term of this bucket. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Counts terms over templates; the order does not matter. */
export function collectTermStatistics(texts: readonly string[]): TermStatistics {
  const counts: Record<string, number> = {};
  for (const text of texts) {
    for (const bucket of new Set(termsOf(text).map(({ term }) => bucketOf(term)))) {
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
  }
  return { documents: texts.length, counts };
}

/**
 * Words, pairs of words and parts of words, hashed into one vector: no model, no dependency, microseconds a text. Given
 * statistics, common terms weigh less; vectors of different statistics must not be compared.
 */
export function createHashedEmbedder(statistics?: TermStatistics): Embedder {
  return {
    id: 'hashed-tf-idf',
    version: VERSION,
    thresholds: THRESHOLDS,
    embed: (texts) => Promise.resolve(texts.map((text) => vectorOf(text, statistics))),
  };
}

function vectorOf(text: string, statistics: TermStatistics | undefined): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  const counts = new Map<number, { weight: number; count: number; sign: number }>();
  for (const { term, weight } of termsOf(text)) {
    const hash = fnv1a(term);
    const bucket = hash % DIMENSIONS;
    const seen = counts.get(bucket) ?? { weight, count: 0, sign: hash & 0x8000_0000 ? -1 : 1 };
    counts.set(bucket, { ...seen, count: seen.count + 1 });
  }
  for (const [bucket, { weight, count, sign }] of counts) {
    vector[bucket] = sign * weight * (1 + Math.log(count)) * rarityOf(bucket, statistics);
  }
  return normalise(vector);
}

function rarityOf(bucket: number, statistics: TermStatistics | undefined): number {
  if (statistics === undefined) return 1;
  return Math.log((1 + statistics.documents) / (1 + (statistics.counts[bucket] ?? 0))) + 1;
}

function bucketOf(term: string): number {
  return fnv1a(term) % DIMENSIONS;
}

/** FNV-1a over UTF-16 units, 32 bits: stable between machines, which is all that is asked of it. */
function fnv1a(term: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < term.length; index += 1) {
    hash = Math.imul(hash ^ term.charCodeAt(index), 0x0100_0193);
  }
  return hash >>> 0;
}
