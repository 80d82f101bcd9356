import { normalise } from '../embedders/embedder.ts';
import { narrativeTerms } from './narrative-terms.ts';
import { principalAxes } from './principal-axes.ts';

/** What a collection of narratives has in common; JSON, so that it can be stored and newcomers placed in it. */
export interface LatentSpace {
  readonly version: string;
  /** Weight of each term, by rarity. */
  readonly terms: readonly (readonly [term: string, weight: number])[];
  /** What is taken off before projecting, and the axes, each as long as the terms. */
  readonly centre: readonly number[];
  readonly axes: readonly (readonly number[])[];
}

const VERSION = '1';
/** Terms of fewer narratives are names of what the work was about; terms of more say the same of all. */
const SHARE_MIN = 0.05;
const SHARE_MAX = 0.5;
const NARRATIVES_WITH_TERM_MIN = 2;
const TERMS_MAX = 4_000;
const AXES = 8;

/**
 * Finds the few directions in which narratives differ most (latent semantic analysis): a judge words each verdict anew,
 * and two that share hardly any word may still be about the same.
 */
export function fitLatentSpace(texts: readonly string[]): LatentSpace {
  const documents = texts.map(narrativeTerms);
  const terms = chooseTerms(documents);
  const rows = documents.map((document) => weighted(document, terms));
  const centre = terms.map(
    (_term, index) => rows.reduce((sum, row) => sum + (row[index] ?? 0), 0) / Math.max(1, rows.length),
  );
  const centred = rows.map((row) => row.map((value, index) => value - (centre[index] ?? 0)));
  return { version: VERSION, terms, centre, axes: principalAxes(centred, Math.min(AXES, rows.length)) };
}

/** Where a narrative lies in the space, at unit length. */
export function placeInSpace(space: LatentSpace, text: string): Float32Array {
  const row = weighted(narrativeTerms(text), space.terms);
  const place = space.axes.map((axis) =>
    axis.reduce((sum, value, index) => sum + value * ((row[index] ?? 0) - (space.centre[index] ?? 0)), 0),
  );
  return normalise(Float32Array.from(place));
}

function chooseTerms(documents: readonly ReadonlyMap<string, number>[]): LatentSpace['terms'] {
  const counts = new Map<string, number>();
  for (const document of documents) for (const term of document.keys()) counts.set(term, (counts.get(term) ?? 0) + 1);
  const least = Math.max(NARRATIVES_WITH_TERM_MIN, SHARE_MIN * documents.length);
  return [...counts]
    .filter(([, count]) => count >= least && count <= SHARE_MAX * documents.length)
    .sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1))
    .slice(0, TERMS_MAX)
    .map(([term, count]) => [term, Math.log(documents.length / count)]);
}

/** TF-IDF at unit length. */
function weighted(document: ReadonlyMap<string, number>, terms: LatentSpace['terms']): Float64Array {
  const row = Float64Array.from(terms, ([term, weight]) => {
    const count = document.get(term) ?? 0;
    return count === 0 ? 0 : (1 + Math.log(count)) * weight;
  });
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? row : row.map((value) => value / length);
}
