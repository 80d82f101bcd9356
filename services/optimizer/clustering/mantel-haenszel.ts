import { normalTail } from './normal-tail.ts';

/** Calls row by row; all columns are of one length. Strata and sessions are numbered from zero. */
export interface StratifiedRows {
  readonly stratum: Int32Array;
  readonly session: Int32Array;
  /** 1 for calls with the value that is tested, 0 for the rest. */
  readonly isExposed: Uint8Array;
  readonly eligible: Float64Array;
  readonly failures: Float64Array;
}

export interface StratifiedComparison {
  /** Exposed rate over the rate of the rest, pooled over strata. */
  readonly lift: number;
  /** Of 95 %. */
  readonly liftInterval: readonly [low: number, high: number];
  /** One-sided: that the exposed fail more than the rest of their stratum. */
  readonly pValue: number;
  /** Share of the exposed calls that have anything to be compared with. */
  readonly comparableShare: number;
}

/** Eligible calls and failures of the exposed (n1, a) and of the rest (n0, c), by stratum. */
interface Counts {
  readonly n1: Float64Array;
  readonly n0: Float64Array;
  readonly a: Float64Array;
  readonly c: Float64Array;
}

const Z_95 = 1.96;
/** What stands for failures of the rest when there were none, so that a lift is a number. */
const HALF_A_FAILURE = 0.5;

/**
 * Mantel and Haenszel's ratio of rates over strata, with variances by session: calls of one session are alike, and to
 * count them as independent would find effects in noise. Strata where one side is missing say nothing and drop out.
 */
export function compareInStrata(rows: StratifiedRows): StratifiedComparison {
  const counts = countsOf(rows);
  const sums = { exposed: 0, comparable: 0, calls: 0, observed: 0, unobserved: 0, restFailures: 0 };
  for (let stratum = 0; stratum < counts.n1.length; stratum += 1) {
    const [n1, n0] = [counts.n1[stratum] ?? 0, counts.n0[stratum] ?? 0];
    sums.exposed += n1;
    if (n1 === 0 || n0 === 0) continue;
    sums.comparable += n1;
    sums.calls += n1 + n0;
    sums.observed += ((counts.a[stratum] ?? 0) * n0) / (n1 + n0);
    sums.unobserved += ((counts.c[stratum] ?? 0) * n1) / (n1 + n0);
    sums.restFailures += counts.c[stratum] ?? 0;
  }
  const comparableShare = sums.exposed === 0 ? 0 : sums.comparable / sums.exposed;
  if (sums.observed === 0) return { lift: 0, liftInterval: [0, Number.POSITIVE_INFINITY], pValue: 1, comparableShare };
  const expected = sums.restFailures === 0 ? (HALF_A_FAILURE * sums.comparable) / sums.calls : sums.unobserved;
  const lift = sums.observed / expected;
  const spread = Math.sqrt(squaresBySession(rows, counts, lift)) / sums.observed;
  const deviation = Math.sqrt(squaresBySession(rows, counts, 1));
  const score = (sums.observed - sums.unobserved) / deviation;
  return {
    lift,
    liftInterval: [lift * Math.exp(-Z_95 * spread), lift * Math.exp(Z_95 * spread)],
    pValue: deviation === 0 ? 1 : normalTail(score),
    comparableShare,
  };
}

function countsOf(rows: StratifiedRows): Counts {
  const strata = rows.stratum.reduce((most, stratum) => Math.max(most, stratum + 1), 0);
  const column = () => new Float64Array(strata);
  const counts = { n1: column(), n0: column(), a: column(), c: column() };
  for (let row = 0; row < rows.stratum.length; row += 1) {
    const stratum = rows.stratum[row] ?? 0;
    const isExposed = rows.isExposed[row] === 1;
    const [calls, failures] = isExposed ? [counts.n1, counts.a] : [counts.n0, counts.c];
    calls[stratum] = (calls[stratum] ?? 0) + (rows.eligible[row] ?? 0);
    failures[stratum] = (failures[stratum] ?? 0) + (rows.failures[row] ?? 0);
  }
  return counts;
}

/** Sum of squares, over sessions, of what each adds to `observed - lift * unobserved` beyond its expectation. */
function squaresBySession(rows: StratifiedRows, counts: Counts, lift: number): number {
  const sums = new Float64Array(rows.session.reduce((most, session) => Math.max(most, session + 1), 0));
  const isSeen = new Uint8Array(sums.length);
  for (let row = 0; row < rows.stratum.length; row += 1) {
    const stratum = rows.stratum[row] ?? 0;
    const [n1, n0] = [counts.n1[stratum] ?? 0, counts.n0[stratum] ?? 0];
    if (n1 === 0 || n0 === 0) continue;
    const rate = ((counts.a[stratum] ?? 0) + (counts.c[stratum] ?? 0)) / (n0 + lift * n1);
    const [eligible, failures] = [rows.eligible[row] ?? 0, rows.failures[row] ?? 0];
    const beyond =
      rows.isExposed[row] === 1 ? n0 * (failures - lift * rate * eligible) : -lift * n1 * (failures - rate * eligible);
    const session = rows.session[row] ?? 0;
    sums[session] = (sums[session] ?? 0) + beyond / (n0 + n1);
    isSeen[session] = 1;
  }
  const squares = sums.reduce((sum, value) => sum + value * value, 0);
  const sessions = isSeen.reduce((sum, value) => sum + value, 0);
  return sessions > 1 ? (squares * sessions) / (sessions - 1) : squares;
}
