import { assign } from './assign.ts';

/** How an actual call differs from an expected one: the more, the less it is the same call. */
export interface CallDifference<Detail> {
  readonly cost: number;
  readonly detail: Detail;
}

export interface CallMatch<Expected, Actual, Detail> {
  /** Every pairing, with what is different in it; null where nothing is. */
  readonly pairs: readonly { readonly expected: Expected; readonly actual: Actual; readonly detail: Detail | null }[];
  readonly missing: readonly Expected[];
  readonly extra: readonly Actual[];
}

/** Heavier than any differences within calls, so that as many calls as can be are matched whole. */
const MISMATCH_COST = 1_000_000;

/**
 * Matches the calls that a reference expects with those that were made, in any order and as well as can be: no other
 * pairing has more equal calls, and of those with as many none has less differences.
 */
export function matchCalls<Expected, Actual, Detail>(
  expected: readonly Expected[],
  actual: readonly Actual[],
  compare: (expected: Expected, actual: Actual) => CallDifference<Detail> | null,
): CallMatch<Expected, Actual, Detail> {
  const differences = expected.map((wanted) => actual.map((made) => compare(wanted, made)));
  const columns = assign(
    differences.map((row) => row.map((difference) => (difference === null ? 0 : MISMATCH_COST + difference.cost))),
  );
  const pairs: CallMatch<Expected, Actual, Detail>['pairs'][number][] = [];
  const missing: Expected[] = [];
  const taken = new Set<number>();
  for (const [row, wanted] of expected.entries()) {
    const column = columns[row] ?? null;
    const made = column === null ? undefined : actual[column];
    if (column === null || made === undefined) {
      missing.push(wanted);
      continue;
    }
    taken.add(column);
    pairs.push({ expected: wanted, actual: made, detail: differences[row]?.[column]?.detail ?? null });
  }
  return { pairs, missing, extra: actual.filter((_made, column) => !taken.has(column)) };
}
