const SEARCH_STEPS = 60;

/** The interval of Clopper and Pearson (1934) for a share, 95 %: by no data can it be too narrow. */
export function exactInterval(hits: number, n: number): [low: number, high: number] {
  if (n === 0) return [0, 1];
  const low = hits === 0 ? 0 : solve((share) => 1 - atMost(hits - 1, n, share) < 0.025);
  const high = hits === n ? 1 : solve((share) => atMost(hits, n, share) > 0.025);
  return [low, high];
}

/** The share up to which a statement holds that is true of small ones. */
function solve(holds: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X <= hits) for a binomial X, summed in logarithms: n may be in the thousands. */
function atMost(hits: number, n: number, share: number): number {
  let logTerm = n * Math.log1p(-share);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= hits; k += 1) {
    logTerm += Math.log((n - k + 1) / k) + Math.log(share) - Math.log1p(-share);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
