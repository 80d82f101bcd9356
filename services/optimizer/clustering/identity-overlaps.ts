/** Failures that known clusters (rows) and found ones (columns) have in common. */
export interface Overlaps {
  shared(row: number, column: number): number;
  /** Shared failures as a part of all failures of both. */
  jaccard(row: number, column: number): number;
  /** Found clusters that share anything with a known one, the largest part first. */
  childrenOf(row: number): readonly number[];
  readonly knownMass: readonly number[];
  /** Of the failures that a known cluster held; what is new is no argument about identity. */
  readonly foundMass: readonly number[];
  /** Rows and columns that hang together; identity is decided in each by itself, because they are small. */
  readonly components: readonly { readonly rows: readonly number[]; readonly columns: readonly number[] }[];
}

type Membership = { readonly templateIds: readonly string[] };

export function overlapsOf(
  known: readonly Membership[],
  found: readonly Membership[],
  massOf: (templateId: string) => number,
): Overlaps {
  const rowOf = new Map<string, number>();
  known.forEach((cluster, row) => {
    for (const id of cluster.templateIds) if (!rowOf.has(id)) rowOf.set(id, row);
  });
  const cells = known.map(() => new Map<number, number>());
  const foundMass = found.map(() => 0);
  found.forEach((cluster, column) => {
    for (const id of new Set(cluster.templateIds)) {
      const row = rowOf.get(id);
      const mass = massOf(id);
      if (row === undefined || mass <= 0) continue;
      cells[row]?.set(column, (cells[row].get(column) ?? 0) + mass);
      foundMass[column] = (foundMass[column] ?? 0) + mass;
    }
  });
  const knownMass = cells.map((row) => [...row.values()].reduce((sum, mass) => sum + mass, 0));
  const shared = (row: number, column: number) => cells[row]?.get(column) ?? 0;
  return {
    shared,
    jaccard(row, column) {
      const both = shared(row, column);
      const union = (knownMass[row] ?? 0) + (foundMass[column] ?? 0) - both;
      return union === 0 ? 0 : both / union;
    },
    childrenOf: (row) =>
      [...(cells[row] ?? [])].sort(([a, left], [b, right]) => right - left || a - b).map(([column]) => column),
    knownMass,
    foundMass,
    components: componentsOf(cells),
  };
}

function componentsOf(cells: readonly ReadonlyMap<number, number>[]): Overlaps['components'] {
  const rowsOf = new Map<number, number[]>();
  cells.forEach((row, index) => {
    for (const column of row.keys()) rowsOf.set(column, [...(rowsOf.get(column) ?? []), index]);
  });
  const seen = new Set<number>();
  return cells.flatMap((_row, start) => {
    if (seen.has(start)) return [];
    seen.add(start);
    const rows = [start];
    const columns = new Set<number>();
    for (let next = 0; next < rows.length; next += 1) {
      for (const column of cells[rows[next] ?? -1]?.keys() ?? []) {
        columns.add(column);
        for (const row of rowsOf.get(column) ?? []) {
          if (!seen.has(row)) rows.push(row);
          seen.add(row);
        }
      }
    }
    return [{ rows, columns: [...columns].sort((left, right) => left - right) }];
  });
}
