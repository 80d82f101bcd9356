/** How often a judge said what and people said what. */
export interface Confusion {
  readonly truePass: number;
  readonly falsePass: number;
  readonly trueFail: number;
  readonly falseFail: number;
}

/** One verdict beside the label that people gave. */
export interface Judged {
  readonly verdict: 0 | 1;
  readonly label: 0 | 1;
}

export function confusionOf(pairs: readonly Judged[]): Confusion {
  const count = (verdict: 0 | 1, label: 0 | 1) =>
    pairs.filter((pair) => pair.verdict === verdict && pair.label === label).length;
  return { truePass: count(1, 1), falsePass: count(1, 0), trueFail: count(0, 0), falseFail: count(0, 1) };
}

/** Cohen's kappa (1960): agreement beyond what the two base rates make by chance. Null when either never varies. */
export function cohenKappa({ truePass, falsePass, trueFail, falseFail }: Confusion): number | null {
  const n = truePass + falsePass + trueFail + falseFail;
  const passed = truePass + falsePass;
  const good = truePass + falseFail;
  const byChance = (passed * good + (n - passed) * (n - good)) / (n * n);
  if (n === 0 || byChance >= 1) return null;
  return ((truePass + trueFail) / n - byChance) / (1 - byChance);
}

/** Matthews' correlation of verdict and label. Null when either never varies. */
export function matthewsCorrelation({ truePass, falsePass, trueFail, falseFail }: Confusion): number | null {
  const product = (truePass + falsePass) * (truePass + falseFail) * (trueFail + falsePass) * (trueFail + falseFail);
  return product === 0 ? null : (truePass * trueFail - falsePass * falseFail) / Math.sqrt(product);
}

/** Share of what people failed that the judge let pass. Null when people failed nothing. */
export function falsePassRate({ falsePass, trueFail }: Confusion): number | null {
  return falsePass + trueFail === 0 ? null : falsePass / (falsePass + trueFail);
}

/** Share of what the judge let pass that people passed, too. Null when the judge passed nothing. */
export function passPrecision({ truePass, falsePass }: Confusion): number | null {
  return truePass + falsePass === 0 ? null : truePass / (truePass + falsePass);
}
