import { gammaln } from 'simple-statistics';
import type { EvaluationPurpose } from './requests.ts';
import type { SearchContext, Steps } from './search-context.ts';

/** How two candidates did on the same rows. */
export interface PairedEvidence {
  readonly rows: number;
  /** Mean of challenger less incumbent. */
  readonly difference: number;
  /** Chance that the challenger is the better one, by the rows on which they differ and a flat prior. */
  readonly probabilityBetter: number;
}

/** Compares on the rows that both have scores for: common rows, so that hard rows are hard for both. */
export function comparePaired(
  context: Pick<SearchContext<unknown>, 'book'>,
  challengerId: string,
  incumbentId: string,
  rowIds: readonly string[],
): PairedEvidence {
  let [rows, gained, lost] = [0, 0, 0];
  for (const rowId of rowIds) {
    const challenger = context.book.rowScore(challengerId, rowId);
    const incumbent = context.book.rowScore(incumbentId, rowId);
    if (challenger === null || incumbent === null) continue;
    rows += 1;
    gained += Math.max(0, challenger - incumbent);
    lost += Math.max(0, incumbent - challenger);
  }
  const difference = rows === 0 ? 0 : (gained - lost) / rows;
  return { rows, difference, probabilityBetter: betaAboveHalf(gained + 1, lost + 1) };
}

export interface RaceOptions {
  readonly purpose: EvaluationPurpose;
  /** Rows after which to look, ascending: 3, 6, 12. The last look decides by the sign of the difference. */
  readonly looks: readonly number[];
  /** Accept at a look when the chance of being better reaches this. */
  readonly acceptAt: number;
  /** Reject at a look when it falls to this. */
  readonly rejectAt: number;
}

/**
 * Sequential test of a challenger against an incumbent on a growing prefix of the same rows: clear cases cost few rows,
 * close ones many. The incumbent's scores mostly come from the book and cost nothing.
 */
export function* race(
  context: SearchContext<unknown>,
  challengerId: string,
  incumbentId: string,
  rowIds: readonly string[],
  options: RaceOptions,
): Steps<{ readonly accepted: boolean; readonly evidence: PairedEvidence }> {
  let evidence = comparePaired(context, challengerId, incumbentId, []);
  for (const look of options.looks) {
    const seen = rowIds.slice(0, look);
    const asks = [challengerId, incumbentId].map((candidateId) => ({
      candidateId,
      rowIds: seen,
      purpose: options.purpose,
    }));
    if (context.costOf(asks) > context.left().taskCalls) break;
    yield* context.evaluate(asks);
    evidence = comparePaired(context, challengerId, incumbentId, seen);
    if (evidence.probabilityBetter >= options.acceptAt) return { accepted: true, evidence };
    if (evidence.probabilityBetter <= options.rejectAt) return { accepted: false, evidence };
    if (look >= rowIds.length) break;
  }
  return { accepted: evidence.difference > 0, evidence };
}

const FRACTION_STEPS = 200;
const FRACTION_PRECISION = 1e-12;

/** P(X > 1/2) for X of Beta(a, b). */
export function betaAboveHalf(a: number, b: number): number {
  return a >= b ? 1 - incompleteBetaAtHalf(a, b) : incompleteBetaAtHalf(b, a);
}

/** P(X <= 1/2) for X of Beta(a, b) with a >= b, where the continued fraction converges. */
function incompleteBetaAtHalf(a: number, b: number): number {
  const logFront = gammaln(a + b) - gammaln(a) - gammaln(b) - (a + b) * Math.LN2 - Math.log(a);
  return Math.exp(logFront) * betaFraction(a, b, 0.5);
}

/** The continued fraction of the incomplete beta function, by the modified method of Lentz. */
function betaFraction(a: number, b: number, x: number): number {
  const guard = (value: number) => (Math.abs(value) < Number.MIN_VALUE ? 1e-300 : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= FRACTION_STEPS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < FRACTION_PRECISION) break;
  }
  return fraction;
}
