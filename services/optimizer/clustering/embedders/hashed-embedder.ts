import { CALIBRATED } from './calibrated-thresholds.ts';
import { type Embedder, normalise } from './embedder.ts';
import { termsOf } from './terms.ts';

/** Buckets of the hash. A template has some fifty terms, and few of those of two templates meet by chance. */
const DIMENSIONS = 1_024;

/**
 * Words, pairs of words and parts of words, weighted by place and commonness and hashed into one vector: no model, no
 * dependency, microseconds a text. The default.
 */
export function createHashedEmbedder(): Embedder {
  return {
    id: 'hashed-tf-idf',
    version: '1',
    thresholds: CALIBRATED['hashed-tf-idf'],
    embed: (texts) => Promise.resolve(texts.map(vectorOf)),
  };
}

function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  const found = new Map<string, { readonly weight: number; readonly count: number }>();
  for (const { term, weight } of termsOf(text)) {
    const before = found.get(term);
    found.set(term, { weight: Math.max(weight, before?.weight ?? 0), count: (before?.count ?? 0) + 1 });
  }
  for (const [term, { weight, count }] of found) {
    const hash = fnv1a(term);
    const bucket = hash % DIMENSIONS;
    // Signs let chance meetings cancel out instead of adding up (Weinberger et al. 2009).
    const sign = (hash & 0x8000_0000) === 0 ? 1 : -1;
    vector[bucket] = (vector[bucket] ?? 0) + sign * weight * (1 + Math.log(count));
  }
  return normalise(vector);
}

/** FNV-1a over UTF-16 units, 32 bits: the same on every machine, which is all that is asked of it. */
function fnv1a(term: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < term.length; index += 1) {
    hash = Math.imul(hash ^ term.charCodeAt(index), 0x0100_0193);
  }
  return hash >>> 0;
}
