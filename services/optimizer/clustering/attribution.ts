import { compareInStrata, type StratifiedComparison, type StratumCell } from './mantel-haenszel.ts';

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
}

export interface AttributionOptions {
  /** Chance that anything at all is attributed where nothing is; split over all values that are tested. */
  readonly level?: number;
}

const LEVEL = 0.05;
/** A smaller excess is no explanation of a cluster, however sure it is. */
const LIFT_MIN = 1.5;
const FAILING_SESSIONS_MIN = 5;
/** Share of the calls that must have a counterpart in the same stratum; with less the comparison speaks of others. */
const COMPARABLE_MIN = 0.2;
/** A finer value with less of the calls cannot carry the excess of all of them. */
const PART_MIN = 0.05;

/**
 * Where the failures of a cluster are concentrated. A value counts only when its excess stays in every comparison: within
 * equal values of each other dimension, and of each pair of them, so that neither a bad model nor a hard turn shape makes
 * its provider guilty. Where a finer dimension lies wholly within the value (the models of a provider), no single one of
 * its values may carry the excess. Strongest first.
 */
export function findAttributions(
  cells: readonly AttributionCell[],
  options: AttributionOptions = {},
): readonly Attribution[] {
  const level = options.level ?? LEVEL;
  const used = cells.filter((cell) => cell.eligible > 0);
  const tested = ATTRIBUTION_DIMENSIONS.flatMap((dimension) =>
    [...new Set(used.flatMap((cell) => cell.values[dimension] ?? []))].map((value) => ({ dimension, value })),
  );
  const candidates = tested.flatMap((place) => {
    const summary = summaryOf(used, place);
    return summary === null ? [] : [{ ...place, summary }];
  });
  const found = candidates.flatMap(({ summary, ...place }) => {
    const worst = leastFavourable(used, place);
    return worst === null ? [] : [{ ...place, ...summary, ...worst }];
  });
  return corrected(found, candidates.length)
    .filter((each) => each.adjustedP <= level)
    .sort((left, right) => right.failureShare * Math.log(right.lift) - left.failureShare * Math.log(left.lift));
}

interface Place {
  readonly dimension: AttributionDimension;
  readonly value: string;
}

interface Summary {
  readonly rate: number;
  readonly restRate: number;
  readonly failureShare: number;
  readonly failingSessions: number;
}

/** The plain rates, or null where they rule the value out before anything is adjusted. */
function summaryOf(cells: readonly AttributionCell[], { dimension, value }: Place): Summary | null {
  const [inside, outside] = [
    { eligible: 0, failures: 0 },
    { eligible: 0, failures: 0 },
  ];
  const failingSessions = new Set<string>();
  for (const cell of cells) {
    const own = cell.values[dimension];
    if (own === undefined) continue;
    const side = own === value ? inside : outside;
    side.eligible += cell.eligible;
    side.failures += cell.failures;
    if (own === value && cell.failures > 0) failingSessions.add(cell.sessionId);
  }
  if (failingSessions.size < FAILING_SESSIONS_MIN || outside.eligible === 0) return null;
  const rate = inside.failures / inside.eligible;
  const restRate = outside.failures / outside.eligible;
  if (rate < LIFT_MIN * restRate) return null;
  const failureShare = inside.failures / (inside.failures + outside.failures);
  return { rate, restRate, failureShare, failingSessions: failingSessions.size };
}

type Evidence = Pick<Attribution, 'lift' | 'liftInterval' | 'inseparableFrom'> & { readonly pValue: number };

/** The comparison that speaks least for the value, or null when one of them speaks against it. */
function leastFavourable(cells: readonly AttributionCell[], place: Place): Evidence | null {
  const known = cells.filter((cell) => cell.values[place.dimension] !== undefined);
  const others = ATTRIBUTION_DIMENSIONS.filter(
    (dimension) => dimension !== place.dimension && known.some((cell) => cell.values[dimension] !== undefined),
  );
  const comparisons: StratifiedComparison[] = [compare(known, place, [])];
  const crossing: AttributionDimension[] = [];
  const inseparableFrom: Place[] = [];
  for (const other of others) {
    const adjusted = compare(known, place, [other]);
    if (adjusted.comparableShare >= COMPARABLE_MIN) {
      crossing.push(other);
      comparisons.push(adjusted);
    } else {
      const within = valuesWithin(known, place, other);
      const [only] = within;
      if (within.length === 1 && only !== undefined) inseparableFrom.push({ dimension: other, value: only });
      for (const left of within.length > 1 ? within : []) {
        comparisons.push(
          compare(
            known.filter((cell) => cell.values[other] !== left),
            place,
            [],
          ),
        );
      }
    }
  }
  for (const [index, one] of crossing.entries()) {
    for (const other of crossing.slice(index + 1)) {
      const within = compare(known, place, [one, other]);
      if (within.comparableShare >= COMPARABLE_MIN) comparisons.push(within);
    }
  }
  const worst = comparisons.reduce((least, each) => (each.pValue > least.pValue ? each : least));
  const lift = Math.min(...comparisons.map((each) => each.lift));
  return lift < LIFT_MIN ? null : { pValue: worst.pValue, lift, liftInterval: worst.liftInterval, inseparableFrom };
}

function compare(
  cells: readonly AttributionCell[],
  { dimension, value }: Place,
  adjustFor: readonly AttributionDimension[],
): StratifiedComparison {
  const none = { eligible: 0, failures: 0 };
  return compareInStrata(
    cells.map((cell): StratumCell => {
      const isExposed = cell.values[dimension] === value;
      return {
        stratum: adjustFor.map((each) => cell.values[each] ?? '').join('\u0000'),
        sessionId: cell.sessionId,
        exposed: isExposed ? cell : none,
        rest: isExposed ? none : cell,
      };
    }),
  );
}

/** Values of another dimension that hold a true part of the calls with this value. */
function valuesWithin(
  cells: readonly AttributionCell[],
  { dimension, value }: Place,
  other: AttributionDimension,
): readonly string[] {
  const calls = new Map<string, number>();
  let sum = 0;
  for (const cell of cells) {
    if (cell.values[dimension] !== value) continue;
    sum += cell.eligible;
    const within = cell.values[other] ?? '';
    calls.set(within, (calls.get(within) ?? 0) + cell.eligible);
  }
  return [...calls].filter(([, eligible]) => eligible >= PART_MIN * sum).map(([within]) => within);
}

/** Holm's correction: no more than `level` chance of any wrong one, however the tests hang together. */
function corrected(found: readonly (Place & Summary & Evidence)[], tests: number): readonly Attribution[] {
  let highest = 0;
  return [...found]
    .sort((left, right) => left.pValue - right.pValue)
    .map(({ pValue, ...attribution }, index) => {
      highest = Math.max(highest, Math.min(1, pValue * (tests - index)));
      return { ...attribution, adjustedP: highest };
    });
}
