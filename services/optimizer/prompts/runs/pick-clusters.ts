import type { FixableFailures } from '#shared/database/prompts/fixable-failures.ts';

/** What is remembered of an earlier search. */
export interface EarlierSearch {
  readonly clusterId: string | null;
  readonly turnShape: string;
  readonly model: string;
  readonly check: string;
  /** Improvement shown on rows that the search had not seen; 0 for a search that found none. Null: it showed nothing. */
  readonly gain: number | null;
  /** True while the cell is left alone after it. */
  readonly rests: boolean;
}

export type PickReason =
  | 'picked'
  | 'not_served'
  | 'not_replayable'
  | 'tried_lately'
  | 'beyond_clusters'
  | 'no_expected_gain';

/** One cell of the night's plan: whether a search is begun for it, and why or why not. */
export interface PickedCell {
  readonly failures: FixableFailures;
  readonly reason: PickReason;
  /** Failing calls of the window. */
  readonly mass: number;
  /** Share of them that a search is expected to cure. */
  readonly expectedGain: number;
  /** 0 unless picked. */
  readonly budgetUsd: number;
}

/** What a search gains where nothing is known of its check, and how many searches that belief is worth. */
const PRIOR_GAIN = 0.25;
const PRIOR_SEARCHES = 2;
const GAIN_MIN = 0.01;
/** Of an equal share: what the least of several clusters gets, because a search below its floor shows nothing. */
const SHARE_MIN = 0.5;

/**
 * The clusters of a night, by failing mass times the gain that earlier searches for the same check had. The budget is
 * split in proportion to that; every cell that is not taken says why.
 *
 * @param isServed whether the failing calls were served with the prefix that is served now
 */
export function pickClusters(
  cells: readonly FixableFailures[],
  earlier: readonly EarlierSearch[],
  isServed: (cell: FixableFailures) => boolean,
  night: { readonly budgetUsd: number; readonly clusters: number },
): readonly PickedCell[] {
  const looked = cells.map((failures) => {
    const expectedGain = gainOf(failures.check, earlier);
    return {
      failures,
      mass: failures.failures,
      expectedGain,
      reason: refusalOf(failures, earlier, isServed, expectedGain),
    };
  });
  const open = looked
    .filter((cell) => cell.reason === null)
    .sort(
      (left, right) => worthOf(right) - worthOf(left) || (left.failures.clusterId < right.failures.clusterId ? -1 : 1),
    );
  const picked = open.slice(0, night.clusters);
  const budgets = splitBudget(picked.map(worthOf), night.budgetUsd);
  return looked.map(({ reason, ...cell }) => {
    const at = picked.findIndex((each) => each.failures === cell.failures);
    if (at >= 0) return { ...cell, reason: 'picked', budgetUsd: budgets[at] ?? 0 };
    return { ...cell, reason: reason ?? 'beyond_clusters', budgetUsd: 0 };
  });
}

function refusalOf(
  failures: FixableFailures,
  earlier: readonly EarlierSearch[],
  isServed: (cell: FixableFailures) => boolean,
  expectedGain: number,
): PickReason | null {
  if (!isServed(failures)) return 'not_served';
  if (failures.replayable === 0) return 'not_replayable';
  if (earlier.some((search) => search.rests && isSameCell(search, failures))) return 'tried_lately';
  return expectedGain < GAIN_MIN ? 'no_expected_gain' : null;
}

function isSameCell(search: EarlierSearch, { clusterId, turnShape, model }: FixableFailures): boolean {
  return search.clusterId === clusterId && search.turnShape === turnShape && search.model === model;
}

function gainOf(check: string, earlier: readonly EarlierSearch[]): number {
  const gains = earlier.flatMap((search) => (search.check === check && search.gain !== null ? [search.gain] : []));
  const sum = gains.reduce((total, gain) => total + Math.max(0, gain), 0);
  return (PRIOR_GAIN * PRIOR_SEARCHES + sum) / (PRIOR_SEARCHES + gains.length);
}

function worthOf(cell: { readonly mass: number; readonly expectedGain: number }): number {
  return cell.mass * cell.expectedGain;
}

/** In proportion to worth, none below its least share; the parts make the whole. */
function splitBudget(worths: readonly number[], budgetUsd: number): readonly number[] {
  const least = (SHARE_MIN * budgetUsd) / Math.max(1, worths.length);
  const total = worths.reduce((sum, worth) => sum + worth, 0);
  const rest = budgetUsd - least * worths.length;
  return worths.map((worth) => least + (total === 0 ? rest / worths.length : (rest * worth) / total));
}
