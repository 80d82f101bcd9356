/**
 * The assignment of rows to columns with the least total cost, by the Hungarian method (shortest augmenting paths, in
 * cubic time). Greedy matching can refuse a pairing that exists.
 *
 * @param costs one row of finite costs for each row; all rows are of one length
 * @returns for each row its column, or null where there are more rows than columns and this one is left over
 */
export function assign(costs: readonly (readonly number[])[]): readonly (number | null)[] {
  const rowCount = costs.length;
  const columnCount = costs[0]?.length ?? 0;
  if (columnCount === 0) return costs.map(() => null);
  const size = Math.max(rowCount, columnCount);
  const costOf = (row: number, column: number): number => costs[row]?.[column] ?? 0;
  // Row and column 0 stand for none; `rowOf[column]` is the row that has the column.
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  const previous = new Int32Array(size + 1);

  for (let row = 1; row <= size; row += 1) {
    rowOf[0] = row;
    const slack = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    const isUsed = new Uint8Array(size + 1);
    let column = 0;
    while (rowOf[column] !== 0) {
      isUsed[column] = 1;
      const current = at(rowOf, column);
      let least = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let candidate = 1; candidate <= size; candidate += 1) {
        if (isUsed[candidate] === 1) continue;
        const reduced = costOf(current - 1, candidate - 1) - at(rowPotential, current) - at(columnPotential, candidate);
        if (reduced < at(slack, candidate)) {
          slack[candidate] = reduced;
          previous[candidate] = column;
        }
        if (at(slack, candidate) < least) {
          least = at(slack, candidate);
          next = candidate;
        }
      }
      for (let each = 0; each <= size; each += 1) {
        if (isUsed[each] === 1) {
          const owner = at(rowOf, each);
          rowPotential[owner] = at(rowPotential, owner) + least;
          columnPotential[each] = at(columnPotential, each) - least;
        } else slack[each] = at(slack, each) - least;
      }
      column = next;
    }
    while (column !== 0) {
      const before = at(previous, column);
      rowOf[column] = at(rowOf, before);
      column = before;
    }
  }

  const columnOf: (number | null)[] = costs.map(() => null);
  for (let column = 1; column <= columnCount; column += 1) {
    const row = at(rowOf, column);
    if (row >= 1 && row <= rowCount) columnOf[row - 1] = column - 1;
  }
  return columnOf;
}

function at(values: Float64Array | Int32Array, index: number): number {
  return values[index] ?? 0;
}
