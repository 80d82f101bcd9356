import { assignMaximumWeight } from './hungarian.ts';
import { type Overlaps, overlapsOf } from './identity-overlaps.ts';

/** A cluster that people know, as it was before. */
export interface KnownCluster {
  readonly id: string;
  /** When it was opened, milliseconds; the oldest survives a merge. */
  readonly openedAtMs: number;
  readonly templateIds: readonly string[];
}

/** A cluster as the night's clustering found it. */
export interface FoundCluster {
  readonly key: string;
  readonly templateIds: readonly string[];
}

/** What became of a known cluster: `merge` redirects it to the child for ever, `split` leaves a part of it to the child. */
export interface LineageStep {
  readonly kind: 'merge' | 'split';
  readonly parentId: string;
  /** The found cluster that took the failures; its id is in `clusterIdOf`, or null there, and then the caller makes one. */
  readonly childKey: string;
  /** Failures that went this way. */
  readonly mass: number;
}

export interface IdentityMatch {
  /** The known id of each found cluster by its key, or null where it is a new one. */
  readonly clusterIdOf: ReadonlyMap<string, string | null>;
  readonly lineage: readonly LineageStep[];
  /** Known clusters with no failure in the window. Nothing took them over; they are left as they are. */
  readonly unmatchedIds: readonly string[];
  /** Failures that had a cluster before and have another id now. */
  readonly movedMass: number;
  /** The same as a share of all failures that had a cluster; above `PROPOSE_ABOVE` it is proposed and not applied. */
  readonly movedShare: number;
}

/** A found cluster that shares this much of all failures of both is the same cluster. */
const JACCARD_MIN = 0.5;
/** A part must be this much of the whole to be one side of a split or of a merge. */
const PART_MIN = 0.2;
/** Share of the failures that may change their cluster without a person's word. */
export const PROPOSE_ABOVE = 0.05;

/**
 * Carries the ids of known clusters over to found ones so that most failures stay where they were. Mass is failures per
 * template in the window. Templates that no known cluster held count for nothing: a cluster that grows is the same one.
 */
export function matchIdentity(
  known: readonly KnownCluster[],
  found: readonly FoundCluster[],
  massOf: (templateId: string) => number,
): IdentityMatch {
  const overlaps = overlapsOf(known, found, massOf);
  const keptBy = keepIds(known, overlaps);
  const rowOf = new Map([...keptBy].map(([row, column]) => [column, row]));
  const stayed = [...keptBy].reduce((sum, [row, column]) => sum + overlaps.shared(row, column), 0);
  const seen = overlaps.knownMass.reduce((sum, mass) => sum + mass, 0);
  const movedMass = Math.max(0, seen - stayed);
  return {
    clusterIdOf: new Map(found.map(({ key }, column) => [key, known[rowOf.get(column) ?? -1]?.id ?? null])),
    lineage: lineageOf(known, found, overlaps, keptBy),
    unmatchedIds: known.flatMap(({ id }, row) => (overlaps.childrenOf(row).length === 0 ? [id] : [])),
    movedMass,
    movedShare: seen === 0 ? 0 : movedMass / seen,
  };
}

/** The found cluster that each known one lives on in; known clusters that live on in none are missing. */
function keepIds(known: readonly KnownCluster[], overlaps: Overlaps): ReadonlyMap<number, number> {
  const keptBy = new Map<number, number>();
  const taken = new Set<number>();
  const keep = (row: number, column: number) => {
    if (keptBy.has(row) || taken.has(column)) return;
    keptBy.set(row, column);
    taken.add(column);
  };
  const byAge = known.map((_cluster, row) => row).sort((left, right) => older(known[left], known[right]));
  for (const { rows, columns } of overlaps.components) {
    for (const column of columns) {
      const parents = mergedInto(column, rows, overlaps);
      const oldest = byAge.find((row) => parents.includes(row));
      if (parents.length > 1 && oldest !== undefined) keep(oldest, column);
    }
    const weights = rows.map((row) => columns.map((column) => overlaps.shared(row, column)));
    assignMaximumWeight(weights).forEach((at, index) => {
      const [row, column] = [rows[index] ?? -1, columns[at] ?? -1];
      if (at >= 0 && overlaps.jaccard(row, column) >= JACCARD_MIN) keep(row, column);
    });
  }
  // Of a split the largest part that nobody else owns keeps the id.
  for (const row of byAge) {
    const part = overlaps
      .childrenOf(row)
      .find(
        (column) => !taken.has(column) && overlaps.shared(row, column) >= PART_MIN * (overlaps.knownMass[row] ?? 0),
      );
    if (part !== undefined) keep(row, part);
  }
  return keptBy;
}

/** Known clusters that went into this found one for the greater part, and are a true part of it. */
function mergedInto(column: number, rows: readonly number[], overlaps: Overlaps): readonly number[] {
  return rows.filter((row) => {
    const shared = overlaps.shared(row, column);
    return shared > (overlaps.knownMass[row] ?? 0) / 2 && shared >= PART_MIN * (overlaps.foundMass[column] ?? 0);
  });
}

function lineageOf(
  known: readonly KnownCluster[],
  found: readonly FoundCluster[],
  overlaps: Overlaps,
  keptBy: ReadonlyMap<number, number>,
): readonly LineageStep[] {
  return known.flatMap(({ id: parentId }, row) => {
    const children = overlaps.childrenOf(row);
    const home = keptBy.get(row) ?? children[0];
    return children.flatMap((column): LineageStep[] => {
      const mass = overlaps.shared(row, column);
      const childKey = found[column]?.key ?? '';
      if (column === home) return keptBy.has(row) ? [] : [{ kind: 'merge', parentId, childKey, mass }];
      return mass >= PART_MIN * (overlaps.knownMass[row] ?? 0) ? [{ kind: 'split', parentId, childKey, mass }] : [];
    });
  });
}

function older(left: KnownCluster | undefined, right: KnownCluster | undefined): number {
  const difference = (left?.openedAtMs ?? 0) - (right?.openedAtMs ?? 0);
  return difference || ((left?.id ?? '') < (right?.id ?? '') ? -1 : 1);
}
