/** How well groups agree with labels; all shares, 1 is best. */
export interface Agreement {
  /** Adjusted Rand index. */
  readonly ari: number;
  /** B-cubed, over items. */
  readonly b3Precision: number;
  readonly b3Recall: number;
  readonly b3f: number;
  readonly homogeneity: number;
  readonly completeness: number;
  readonly v: number;
}

/** So many items are in this group and have this label; the same pair may come several times. */
export interface GroupedItems {
  readonly group: string;
  readonly label: string;
  readonly count: number;
}

/** Agreement of groups with labels; every item counts once. */
export function agreementOf(items: readonly GroupedItems[]): Agreement {
  const groups = countsBy(items, (item) => item.group);
  const labels = countsBy(items, (item) => item.label);
  const cells = countsBy(items, (item) => JSON.stringify([item.group, item.label]));
  const seen = new Map(items.map((item) => [JSON.stringify([item.group, item.label]), item]));
  const table = [...cells].map(([key, count]) => ({
    count,
    group: groups.get(seen.get(key)?.group ?? '') ?? 0,
    label: labels.get(seen.get(key)?.label ?? '') ?? 0,
  }));
  return { ari: adjustedRand(table, groups, labels), ...bCubed(table), ...entropies(table) };
}

interface Cell {
  readonly count: number;
  /** Items of the whole group and of the whole label. */
  readonly group: number;
  readonly label: number;
}

function adjustedRand(
  table: readonly Cell[],
  groups: ReadonlyMap<string, number>,
  labels: ReadonlyMap<string, number>,
): number {
  const pairsOf = (count: number) => (count * (count - 1)) / 2;
  const together = sum(table, (cell) => pairsOf(cell.count));
  const inGroups = sum([...groups.values()], pairsOf);
  const inLabels = sum([...labels.values()], pairsOf);
  const items = sum(table, (cell) => cell.count);
  const expected = (inGroups * inLabels) / pairsOf(items);
  const most = (inGroups + inLabels) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

function bCubed(table: readonly Cell[]): Pick<Agreement, 'b3Precision' | 'b3Recall' | 'b3f'> {
  const items = sum(table, (cell) => cell.count);
  const b3Precision = sum(table, (cell) => cell.count ** 2 / cell.group) / items;
  const b3Recall = sum(table, (cell) => cell.count ** 2 / cell.label) / items;
  return { b3Precision, b3Recall, b3f: (2 * b3Precision * b3Recall) / (b3Precision + b3Recall) };
}

/** Rosenberg and Hirschberg 2007, with beta = 1. */
function entropies(table: readonly Cell[]): Pick<Agreement, 'homogeneity' | 'completeness' | 'v'> {
  const items = sum(table, (cell) => cell.count);
  const given = (side: 'group' | 'label') =>
    -sum(table, (cell) => (cell.count / items) * Math.log(cell.count / cell[side]));
  const alone = (side: 'group' | 'label') => -sum(table, (cell) => (cell.count / items) * Math.log(cell[side] / items));
  const homogeneity = alone('label') === 0 ? 1 : 1 - given('group') / alone('label');
  const completeness = alone('group') === 0 ? 1 : 1 - given('label') / alone('group');
  const both = homogeneity + completeness;
  return { homogeneity, completeness, v: both === 0 ? 0 : (2 * homogeneity * completeness) / both };
}

function countsBy(items: readonly GroupedItems[], key: (item: GroupedItems) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + item.count);
  return counts;
}

function sum<T>(values: readonly T[], amount: (value: T) => number): number {
  let total = 0;
  for (const value of values) total += amount(value);
  return total;
}
