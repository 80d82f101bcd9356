/** Sessions of its parent that an estimate is worth before it has any of its own. */
export const SHRINKAGE_STRENGTH = 30;

/** A mean over sessions; `mean` means nothing while `count` is 0. */
export interface SessionMean {
  readonly count: number;
  readonly mean: number;
}

/**
 * Mean of a cell, pulled towards its parent's: (n y + k y_parent) / (n + k). A cell of three sessions says what its
 * parent says, one of three thousand speaks for itself.
 */
export function shrinkMean(own: SessionMean, parentMean: number, strength = SHRINKAGE_STRENGTH): number {
  if (own.count === 0) return parentMean;
  return (own.count * own.mean + strength * parentMean) / (own.count + strength);
}

export function sessionMean(values: readonly number[]): SessionMean {
  if (values.length === 0) return { count: 0, mean: 0 };
  return { count: values.length, mean: values.reduce((sum, value) => sum + value, 0) / values.length };
}
