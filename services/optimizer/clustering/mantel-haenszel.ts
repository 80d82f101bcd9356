import { cumulativeStdNormalProbability } from 'simple-statistics';

/** Calls of one session within one stratum: with the value that is tested, and with any other one. */
export interface StratumCell {
  readonly stratum: string;
  readonly sessionId: string;
  readonly exposed: { readonly eligible: number; readonly failures: number };
  readonly rest: { readonly eligible: number; readonly failures: number };
}

export interface StratifiedComparison {
  /** Exposed rate over the rate of the rest, pooled over strata. */
  readonly lift: number;
  readonly liftInterval: readonly [low: number, high: number];
  /** One-sided: that the exposed fail more than the rest of their stratum. */
  readonly pValue: number;
  /** Share of the exposed calls that have anything to be compared with. */
  readonly comparableShare: number;
}

interface Stratum {
  readonly cells: readonly StratumCell[];
  /** Eligible calls and failures of the exposed (1) and of the rest (0). */
  readonly n1: number;
  readonly n0: number;
  readonly a: number;
  readonly c: number;
}

const Z_95 = 1.96;
/** What stands for failures of the rest when there were none, so that a lift is a number. */
const HALF_A_FAILURE = 0.5;

/**
 * Mantel and Haenszel's ratio of rates over strata, with variances by session: calls of one session are alike, and to
 * count them as independent would find effects in noise. Strata where one side is missing say nothing and drop out.
 */
export function compareInStrata(cells: readonly StratumCell[]): StratifiedComparison {
  const strata = strataOf(cells);
  const informative = strata.filter((stratum) => stratum.n1 > 0 && stratum.n0 > 0);
  const exposed = sumOf(strata, (stratum) => stratum.n1);
  const comparableShare = exposed === 0 ? 0 : sumOf(informative, (stratum) => stratum.n1) / exposed;
  const observed = sumOf(informative, ({ a, n0, n1 }) => (a * n0) / (n0 + n1));
  const unobserved = sumOf(informative, ({ c, n0, n1 }) => (c * n1) / (n0 + n1));
  if (observed === 0) return { lift: 0, liftInterval: [0, Number.POSITIVE_INFINITY], pValue: 1, comparableShare };
  const restFailures = sumOf(informative, ({ c }) => c);
  const halfShare = sumOf(informative, ({ n1 }) => n1) / sumOf(informative, ({ n0, n1 }) => n0 + n1);
  const lift = observed / (restFailures === 0 ? HALF_A_FAILURE * halfShare : unobserved);
  const spread = Math.sqrt(bySession(informative, lift)) / observed;
  const score = observed - unobserved;
  const deviation = Math.sqrt(bySession(informative, 1));
  return {
    lift,
    liftInterval: [lift * Math.exp(-Z_95 * spread), lift * Math.exp(Z_95 * spread)],
    pValue: deviation === 0 ? 1 : 1 - cumulativeStdNormalProbability(score / deviation),
    comparableShare,
  };
}

/** Sum of squares, over sessions, of what each adds to `observed - lift * unobserved` beyond its expectation. */
function bySession(strata: readonly Stratum[], lift: number): number {
  const sums = new Map<string, number>();
  for (const { cells, n1, n0, a, c } of strata) {
    const rate = (a + c) / (n0 + lift * n1);
    for (const { sessionId, exposed, rest } of cells) {
      const beyond =
        n0 * (exposed.failures - lift * rate * exposed.eligible) - lift * n1 * (rest.failures - rate * rest.eligible);
      sums.set(sessionId, (sums.get(sessionId) ?? 0) + beyond / (n0 + n1));
    }
  }
  const squares = sumOf([...sums.values()], (sum) => sum * sum);
  return sums.size > 1 ? (squares * sums.size) / (sums.size - 1) : squares;
}

function strataOf(cells: readonly StratumCell[]): readonly Stratum[] {
  return [...Map.groupBy(cells, (cell) => cell.stratum).values()].map((members) => ({
    cells: members,
    n1: sumOf(members, (cell) => cell.exposed.eligible),
    n0: sumOf(members, (cell) => cell.rest.eligible),
    a: sumOf(members, (cell) => cell.exposed.failures),
    c: sumOf(members, (cell) => cell.rest.failures),
  }));
}

function sumOf<T>(values: readonly T[], amount: (value: T) => number): number {
  let sum = 0;
  for (const value of values) sum += amount(value);
  return sum;
}
