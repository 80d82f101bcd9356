/** Cosines at which two texts count as the same failure. They belong to one embedder and mean nothing for another. */
export interface SimilarityThresholds {
  /** From here on a text joins without a question. */
  readonly attach: number;
  /** From here on it joins tentatively: somebody, or a language model, should confirm it. */
  readonly tentative: number;
}

/** Turns texts into unit vectors whose cosine says how alike two failures are. */
export interface Embedder {
  readonly id: string;
  /** Vectors and thresholds of another version are not comparable: whoever stores vectors stores this beside them. */
  readonly version: string;
  readonly thresholds: SimilarityThresholds;
  /** One unit vector per text, in the order of the texts; the same text gives the same vector, whatever stands beside it. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/** The cosine of two unit vectors. */
export function similarityOf(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

/** The vector at unit length, in place; a vector of nothing stays as it is and is like no other. */
export function normalise(vector: Float32Array): Float32Array {
  const length = Math.sqrt(similarityOf(vector, vector));
  if (length > 0) for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] ?? 0) / length;
  return vector;
}
