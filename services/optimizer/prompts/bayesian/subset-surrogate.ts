/** A subset that was tried: which members it had, and how each row did with it; null where a row has no score. */
export interface TriedSubset {
  readonly members: readonly number[];
  readonly rowScores: readonly (number | null)[];
}

/** Observations that the prior of a rate is worth. */
const PRIOR = 1;

/**
 * Predicts the mean score of a subset from how each single row did with the subsets tried so far: for every row, one
 * Parzen estimate of the members among the subsets that solved it and one among those that did not, taken as
 * independent. Dozens of rows say far more of dozens of members than dozens of means do.
 */
export function subsetSurrogate(tried: readonly TriedSubset[]): (members: readonly number[]) => number {
  const rowCount = tried[0]?.rowScores.length ?? 0;
  const size = tried[0]?.members.length ?? 0;
  const rows = Array.from({ length: rowCount }, (_, row) => rowModel(tried, row, size));
  return (members) => {
    let sum = 0;
    for (const { base, gains } of rows) {
      let logOdds = base;
      for (const [index, member] of members.entries()) if (member === 1) logOdds += gains[index] ?? 0;
      sum += 1 / (1 + Math.exp(-logOdds));
    }
    return rowCount === 0 ? 0 : sum / rowCount;
  };
}

/** Log odds of a row with no member at all, and what each member adds. */
function rowModel(tried: readonly TriedSubset[], row: number, size: number) {
  let [solved, failed] = [0, 0];
  const solvedWith = new Float64Array(size);
  const failedWith = new Float64Array(size);
  for (const { members, rowScores } of tried) {
    const score = rowScores[row] ?? null;
    if (score === null) continue;
    solved += score;
    failed += 1 - score;
    for (const [index, member] of members.entries()) {
      if (member !== 1) continue;
      solvedWith[index] = (solvedWith[index] ?? 0) + score;
      failedWith[index] = (failedWith[index] ?? 0) + 1 - score;
    }
  }
  let base = Math.log((solved + PRIOR) / (failed + PRIOR));
  const gains = Array.from({ length: size }, (_, index) => {
    const amongSolved = ((solvedWith[index] ?? 0) + PRIOR) / (solved + 2 * PRIOR);
    const amongFailed = ((failedWith[index] ?? 0) + PRIOR) / (failed + 2 * PRIOR);
    const absent = Math.log((1 - amongSolved) / (1 - amongFailed));
    base += absent;
    return Math.log(amongSolved / amongFailed) - absent;
  });
  return { base, gains };
}
