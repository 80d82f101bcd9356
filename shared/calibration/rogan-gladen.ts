/** How a judge errs, measured on labels. */
export interface JudgeErrorRates {
  /** Share of the good ones that it passes. */
  readonly sensitivity: number;
  /** Share of the bad ones that it fails. */
  readonly specificity: number;
}

/** A judge that is this close to tossing a coin says nothing that could be corrected. */
const INFORMATION_MIN = 0.05;

/**
 * The share that is truly good behind a share that the judge passed: (p + specificity - 1) / (sensitivity + specificity
 * - 1), Rogan and Gladen (1978), held within 0 and 1. Null for a judge that is no better than a coin.
 *
 * @param passed share that the judge passed, or a mean of its values
 */
export function trueRate(passed: number, { sensitivity, specificity }: JudgeErrorRates): number | null {
  const information = sensitivity + specificity - 1;
  if (information < INFORMATION_MIN) return null;
  return Math.min(1, Math.max(0, (passed + specificity - 1) / information));
}
