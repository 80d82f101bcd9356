import { sha256Hex } from '#shared/content-hash.ts';

/**
 * Row ids of three disjoint sets. Critics and demonstrations see `propose`, candidates are chosen on `select`, and
 * `report` is looked at once, at the end.
 */
export interface Splits {
  readonly propose: readonly string[];
  readonly select: readonly string[];
  readonly report: readonly string[];
}

export interface SplitShares {
  readonly propose: number;
  readonly select: number;
  readonly report: number;
}

export const DEFAULT_SHARES: SplitShares = { propose: 0.3, select: 0.3, report: 0.4 };

/** Fewer rows than this in a split can show nothing. */
export const SPLIT_ROWS_MIN = 4;

interface SplittableRow {
  readonly id: string;
  readonly group: string;
  readonly stratum: string;
}

/**
 * Splits rows so that no group is in two splits and every stratum is in each in about the same share. Depends on ids
 * and seed alone, not on the order of the rows. Null when there are too few groups for three splits worth the name.
 */
export function splitRows(
  rows: readonly SplittableRow[],
  seed: number | string,
  shares: SplitShares = DEFAULT_SHARES,
): Splits | null {
  const splits: Record<keyof Splits, string[]> = { propose: [], select: [], report: [] };
  const strata = Map.groupBy([...groupsOf(rows)], ([, members]) => stratumOf(members));
  const total = shares.propose + shares.select + shares.report;
  for (const stratum of [...strata.keys()].sort()) {
    const groups = (strata.get(stratum) ?? [])
      .map(([group, members]) => ({ members, order: sha256Hex(`${seed}\u0000${group}`) }))
      .sort((left, right) => (left.order < right.order ? -1 : 1));
    const filled: Record<keyof Splits, number> = { propose: 0, select: 0, report: 0 };
    let placed = 0;
    for (const { members } of groups) {
      placed += members.length;
      const split = emptiest(filled, shares, placed / total);
      filled[split] += members.length;
      splits[split].push(...members.map((row) => row.id).sort());
    }
  }
  const enough = Object.values(splits).every((ids) => ids.length >= SPLIT_ROWS_MIN);
  return enough ? splits : null;
}

/** A group is of the stratum of its first row by id, so that the order of the rows does not matter. */
function stratumOf(members: readonly SplittableRow[]): string {
  return members.reduce((first, row) => (row.id < first.id ? row : first)).stratum;
}

function groupsOf(rows: readonly SplittableRow[]): Map<string, SplittableRow[]> {
  return Map.groupBy(rows, (row) => row.group);
}

/** The split that is furthest behind its share of what has been placed. */
function emptiest(filled: Record<keyof Splits, number>, shares: SplitShares, perShare: number): keyof Splits {
  const names = ['report', 'select', 'propose'] as const;
  const behind = (name: keyof Splits) => shares[name] * perShare - filled[name];
  return names.reduce((best, name) => (behind(name) > behind(best) + 1e-9 ? name : best), 'report');
}
