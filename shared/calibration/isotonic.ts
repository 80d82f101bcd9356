/** A step function that never falls: from each `score` on the value holds until the next one. */
export interface IsotonicMap {
  readonly scores: readonly number[];
  readonly values: readonly number[];
}

interface Block {
  readonly score: number;
  readonly sum: number;
  readonly count: number;
}

/** Counts of each kind that a block is given beforehand: no run of good luck is a certainty. */
const PRIOR = 0.5;

/**
 * Isotonic regression by pooling adjacent violators. A block of few labels is pulled towards a half by one label in
 * all, so that no score maps to 0 or 1.
 */
export function fitIsotonic(pairs: readonly { readonly score: number; readonly label: 0 | 1 }[]): IsotonicMap {
  const ordered = pairs.toSorted((left, right) => left.score - right.score);
  const blocks: Block[] = [];
  for (const { score, label } of ordered) {
    const last = blocks.at(-1);
    if (last !== undefined && last.score === score) {
      blocks[blocks.length - 1] = { score, sum: last.sum + label, count: last.count + 1 };
    } else blocks.push({ score, sum: label, count: 1 });
  }
  const pooled = poolViolators(blocks);
  return {
    scores: pooled.map((block) => block.score),
    values: pooled.map((block) => (block.sum + PRIOR) / (block.count + 2 * PRIOR)),
  };
}

/** The pull can turn the order of two blocks around; what it turns is pooled, too. */
function poolViolators(blocks: readonly Block[]): readonly Block[] {
  const kept: Block[] = [];
  for (const block of blocks) {
    let current = block;
    for (let last = kept.at(-1); last !== undefined && levelOf(last) >= levelOf(current); last = kept.at(-1)) {
      kept.pop();
      current = { score: last.score, sum: last.sum + current.sum, count: last.count + current.count };
    }
    kept.push(current);
  }
  return kept;
}

function levelOf(block: Block): number {
  return (block.sum + PRIOR) / (block.count + 2 * PRIOR);
}

/** The value of the block in which the score lies; scores below the first one have its value. */
export function isotonicValue(map: IsotonicMap, score: number): number {
  let low = 0;
  let high = map.scores.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((map.scores[middle] ?? 0) <= score) low = middle + 1;
    else high = middle;
  }
  return map.values[Math.max(0, low - 1)] ?? 0.5;
}
