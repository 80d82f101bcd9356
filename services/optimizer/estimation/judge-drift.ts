import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Standard errors by which the anchors must have moved before anything is put right for it. */
const ERRORS_MIN = 2.5;
/** Fewer anchors say nothing of a judge. */
const ANCHORS_MIN = 10;

export interface JudgeDrift {
  /** What the judge gives now above what it gave before, 0 while that may be chance. */
  readonly shift: number;
  /** The difference as it was seen, and its standard error. */
  readonly seen: number;
  readonly standardError: number;
  readonly anchors: number;
}

/**
 * Whether a judge has moved, from what it says of the same fixed records then and now. While it has, scores are put
 * right by the shift, so that a stricter judge is not taken for a worse model, nor a milder one for a better.
 *
 * @param before scores of the anchors when what is compared with was learned, from 0 to 1
 * @param now scores of the same anchors in the same order
 */
export function judgeDrift(before: readonly number[], now: readonly number[]): JudgeDrift {
  const differences = now.flatMap((score, index) => {
    const known = before[index];
    return known === undefined ? [] : [score - known];
  });
  const anchors = differences.length;
  if (anchors < ANCHORS_MIN) return { shift: 0, seen: 0, standardError: Number.POSITIVE_INFINITY, anchors };
  const seen = mean(differences);
  const standardError = sampleStandardDeviation(differences) / Math.sqrt(anchors);
  return { shift: Math.abs(seen) > ERRORS_MIN * standardError ? seen : 0, seen, standardError, anchors };
}

/** A score as the judge of before would have given it. */
export function withoutDrift(score: number, drift: Pick<JudgeDrift, 'shift'>): number {
  return Math.min(1, Math.max(0, score - drift.shift));
}
