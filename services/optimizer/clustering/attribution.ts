import { type AttributionTable, attributionTable } from './attribution-table.ts';
import { compareInStrata, type StratifiedComparison } from './mantel-haenszel.ts';

/** A dimension that a failure may hang on. */
export const ATTRIBUTION_DIMENSIONS = ['provider', 'model', 'prefix', 'policy', 'turnShape', 'tool', 'repo'] as const;
export type AttributionDimension = (typeof ATTRIBUTION_DIMENSIONS)[number];

/** Calls of one session that are alike in every dimension: how many could have failed this way, and how many did. */
export interface AttributionCell {
  readonly sessionId: string;
  /** A dimension that is not known of these calls is left out. */
  readonly values: Readonly<Partial<Record<AttributionDimension, string>>>;
  readonly eligible: number;
  readonly failures: number;
}

/** That failures are concentrated on one value of a dimension, and not by way of another dimension. */
export interface Attribution {
  readonly dimension: AttributionDimension;
  readonly value: string;
  /** Failures per eligible call with this value, and with any other one. */
  readonly rate: number;
  readonly restRate: number;
  /** The rate against that of the rest of the same stratum, where the comparison is least favourable. */
  readonly lift: number;
  /** Of 95 %. */
  readonly liftInterval: readonly [low: number, high: number];
  /** Share of the cluster's failures that have this value. */
  readonly failureShare: number;
  readonly failingSessions: number;
  /** Of "no more failures than the rest in the same strata", corrected for the number of values that were tested. */
  readonly adjustedP: number;
  /** Values of other dimensions that every call with this value has, and no other call: nothing can tell them apart. */
  readonly inseparableFrom: readonly { readonly dimension: AttributionDimension; readonly value: string }[];
  /** The turn shape to which the excess is bound, where it is not proven of all; rates and lift are of it then. */
  readonly within: { readonly dimension: AttributionDimension; readonly value: string } | null;
}

export interface AttributionOptions {
  /** Chance that anything at all is attributed where nothing is; split over all values that are tested. */
  readonly level?: number;
}

const LEVEL = 0.01;
/** A smaller excess is no explanation of a cluster, however sure it is. */
const LIFT_MIN = 1.5;
/** What must be left of it in the least favourable of some twenty comparisons, whose least is low by chance alone. */
const WORST_LIFT_MIN = 1.25;
const FAILING_SESSIONS_MIN = 5;
/** Chance that a comparison of few calls would be as high by itself. */
const DOUBT_LEVEL = 0.05;
/** Share of the calls that must have a counterpart in the same stratum; with less the comparison speaks of others. */
const COMPARABLE_MIN = 0.2;
/** A turn shape with a smaller part of the failures is not looked at by itself. */
const WITHIN_SHARE_MIN = 0.2;
/** A finer value with less of the calls cannot carry the excess of all of them. */
const PART_MIN = 0.05;

/**
 * Where the failures of a cluster are concentrated. A value counts only when its excess stays in every comparison: within
 * equal values of each other dimension, and of each pair of them, so that neither a bad model nor a hard turn shape makes
 * its provider guilty. Where a finer dimension lies wholly within the value (the models of a provider), no single one of
 * its values may carry the excess. An excess that is bound to one turn shape is found within it. Strongest first.
 */
export function findAttributions(
  cells: readonly AttributionCell[],
  options: AttributionOptions = {},
): readonly Attribution[] {
  const used = cells.filter((cell) => cell.eligible > 0);
  const everywhere = candidatesAmong(used, null);
  const failures = used.reduce((sum, cell) => sum + cell.failures, 0);
  const within = [...Map.groupBy(used, (cell) => cell.values.turnShape)].flatMap(([turnShape, own]) => {
    const share = own.reduce((sum, cell) => sum + cell.failures, 0) / failures;
    if (turnShape === undefined || own.length === used.length || !(share >= WITHIN_SHARE_MIN)) return [];
    return candidatesAmong(own, { dimension: 'turnShape', value: turnShape }).map((each) => ({
      ...each,
      failureShare: each.failureShare * share,
    }));
  });
  const all = [...everywhere, ...within];
  const proven = corrected(all, options.level ?? LEVEL);
  return proven
    .filter((each) => each.within === null || !proven.some((other) => other.within === null && isSame(each, other)))
    .sort((left, right) => right.failureShare * Math.log(right.lift) - left.failureShare * Math.log(left.lift));
}

interface Place {
  readonly dimension: AttributionDimension;
  readonly value: string;
}

/** A value that fails more by plain rates, with what speaks least for it; without evidence it is refuted. */
type Candidate = Place & Summary & { readonly within: Place | null; readonly evidence: Evidence | null };

function candidatesAmong(cells: readonly AttributionCell[], within: Place | null): readonly Candidate[] {
  const table = attributionTable(cells, ATTRIBUTION_DIMENSIONS);
  return ATTRIBUTION_DIMENSIONS.flatMap((dimension) =>
    table.valuesOf(dimension).flatMap((value): Candidate[] => {
      const place = { dimension, value };
      const summary = summaryOf(table, place);
      return summary === null ? [] : [{ ...place, ...summary, within, evidence: leastFavourable(table, place) }];
    }),
  );
}

function isSame(left: Place, right: Place): boolean {
  return left.dimension === right.dimension && left.value === right.value;
}

type Summary = Pick<Attribution, 'rate' | 'restRate' | 'failureShare' | 'failingSessions'>;

/** The plain rates, or null where they rule the value out before anything is adjusted. */
function summaryOf(table: AttributionTable<AttributionDimension>, { dimension, value }: Place): Summary | null {
  const { eligible, failures, session } = table;
  const sums = { eligible: 0, failures: 0, restEligible: 0, restFailures: 0 };
  const failing = new Set<number>();
  const column = table.columnOf(dimension);
  const own = table.codeOf(dimension, value);
  for (let row = 0; row < column.length; row += 1) {
    const [calls, failed] = [eligible[row] ?? 0, failures[row] ?? 0];
    if (column[row] === own) {
      sums.eligible += calls;
      sums.failures += failed;
      if (failed > 0) failing.add(session[row] ?? 0);
    } else if (column[row] !== table.unknown) {
      sums.restEligible += calls;
      sums.restFailures += failed;
    }
  }
  if (failing.size < FAILING_SESSIONS_MIN || sums.restEligible === 0) return null;
  const rate = sums.failures / sums.eligible;
  const restRate = sums.restFailures / sums.restEligible;
  if (rate < LIFT_MIN * restRate) return null;
  const failureShare = sums.failures / (sums.failures + sums.restFailures);
  return { rate, restRate, failureShare, failingSessions: failing.size };
}

type Evidence = Pick<Attribution, 'lift' | 'liftInterval' | 'inseparableFrom'> & { readonly pValue: number };

/** The comparison that speaks least for the value, or null when one of them speaks against it. */
function leastFavourable(table: AttributionTable<AttributionDimension>, place: Place): Evidence | null {
  const others = ATTRIBUTION_DIMENSIONS.filter(
    (dimension) => dimension !== place.dimension && table.valuesOf(dimension).length > 0,
  );
  const compare = (strata: readonly AttributionDimension[], without?: Place) =>
    compareInStrata(table.rowsFor(place, strata, without));
  // What must be beyond doubt, and what must merely not speak against it: those compare few calls, and prove little.
  const proofs: StratifiedComparison[] = [compare([])];
  const doubts: StratifiedComparison[] = [];
  const crossing: AttributionDimension[] = [];
  const inseparableFrom: Place[] = [];
  for (const dimension of others) {
    const adjusted = compare([dimension]);
    if (adjusted.comparableShare >= COMPARABLE_MIN) {
      crossing.push(dimension);
      proofs.push(adjusted);
      continue;
    }
    const within = table.valuesWithin(place, dimension, PART_MIN);
    const [only] = within;
    if (within.length === 1 && only !== undefined) inseparableFrom.push({ dimension, value: only });
    else for (const value of within) doubts.push(compare([], { dimension, value }));
  }
  for (const [index, one] of crossing.entries()) {
    // A value that one comparison has refused need not be seen in all the others.
    if ([...proofs, ...doubts].some((each) => each.lift < WORST_LIFT_MIN)) return null;
    for (const other of crossing.slice(index + 1)) {
      const adjusted = compare([one, other]);
      if (adjusted.comparableShare >= COMPARABLE_MIN) doubts.push(adjusted);
    }
  }
  if (doubts.some((each) => each.lift < WORST_LIFT_MIN || each.pValue > DOUBT_LEVEL)) return null;
  const { pValue, lift, liftInterval } = proofs.reduce((least, each) => (each.pValue > least.pValue ? each : least));
  return lift < WORST_LIFT_MIN ? null : { pValue, lift, liftInterval, inseparableFrom };
}

/** Holm's correction over all that was tested: the chance of any wrong one is the level, however the tests hang together. */
function corrected(candidates: readonly Candidate[], level: number): readonly Attribution[] {
  let adjustedP = 0;
  return candidates
    .flatMap(({ evidence, ...candidate }) => (evidence === null ? [] : [{ ...candidate, ...evidence }]))
    .sort((left, right) => left.pValue - right.pValue)
    .map(({ pValue, ...attribution }, index) => {
      adjustedP = Math.max(adjustedP, Math.min(1, pValue * (candidates.length - index)));
      return { ...attribution, adjustedP };
    })
    .filter((each) => each.adjustedP <= level);
}
