/** A template as clustering sees it: masked text with its weight, and the class that it never leaves by itself. */
export interface ClusterTemplate {
  /** The id of the stored template; ties are broken by it, so it must not change between runs. */
  readonly id: string;
  readonly stage: string;
  readonly check: string;
  /** Failures that have this template. */
  readonly mass: number;
  /** Of `embeddingTextOf`, at unit length. */
  readonly vector: Float32Array;
}

/**
 * What is embedded of a failure: the bucketed difference leads, because it is the shortest statement of the fault. A
 * failure without any words, as judges leave them, speaks by the name of its check, so that all of these are alike.
 */
export function embeddingTextOf(facts: {
  readonly check: string;
  readonly expectedVsActual: string;
  readonly template: string;
}): string {
  const words = [facts.expectedVsActual, facts.template].filter((part) => part !== '');
  return words.length === 0 ? facts.check : words.join(': ');
}

/** Failures of different classes are never put together but by a person. */
export function classOf(template: { readonly stage: string; readonly check: string }): string {
  return `${template.stage}\u0000${template.check}`;
}
