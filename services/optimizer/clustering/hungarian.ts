/**
 * Assignment of rows to columns with the greatest sum of weights, each row and column used once (Kuhn and Munkres, with
 * potentials, in cubic time). Returns the column of each row, or -1 for a row that gets none. Weights are not negative;
 * a pair of weight zero counts as not assigned.
 */
export function assignMaximumWeight(weights: readonly (readonly number[])[]): readonly number[] {
  const rows = weights.length;
  const columns = weights.reduce((most, row) => Math.max(most, row.length), 0);
  const size = Math.max(rows, columns);
  const weight = (row: number, column: number) => weights[row]?.[column] ?? 0;
  const rowOfColumn = minimumCost(size, (row, column) => -weight(row, column));
  const result = weights.map(() => -1);
  rowOfColumn.forEach((row, column) => {
    if (row < rows && column < columns && weight(row, column) > 0) result[row] = column;
  });
  return result;
}

/** The row of each column in a cheapest perfect assignment of a square matrix; both are counted from zero. */
function minimumCost(size: number, cost: (row: number, column: number) => number): readonly number[] {
  // Index 0 is the column that does not exist; rows and columns are counted from one inside.
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  for (let row = 1; row <= size; row += 1) {
    rowOf[0] = row;
    augment(size, cost, rowPotential, columnPotential, rowOf);
  }
  return [...rowOf.slice(1)].map((row) => row - 1);
}

/** One more row finds its column: the shortest augmenting path by reduced costs. */
function augment(
  size: number,
  cost: (row: number, column: number) => number,
  rowPotential: Float64Array,
  columnPotential: Float64Array,
  rowOf: Int32Array,
): void {
  const slack = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(size + 1);
  const isVisited = new Uint8Array(size + 1);
  let column = 0;
  do {
    isVisited[column] = 1;
    const row = rowOf[column] ?? 0;
    let step = Number.POSITIVE_INFINITY;
    let next = 0;
    for (let other = 1; other <= size; other += 1) {
      if (isVisited[other] === 1) continue;
      const reduced = cost(row - 1, other - 1) - (rowPotential[row] ?? 0) - (columnPotential[other] ?? 0);
      if (reduced < (slack[other] ?? 0)) {
        slack[other] = reduced;
        previous[other] = column;
      }
      if ((slack[other] ?? 0) < step) [step, next] = [slack[other] ?? 0, other];
    }
    for (let other = 0; other <= size; other += 1) {
      if (isVisited[other] === 1) {
        const held = rowOf[other] ?? 0;
        rowPotential[held] = (rowPotential[held] ?? 0) + step;
        columnPotential[other] = (columnPotential[other] ?? 0) - step;
      } else slack[other] = (slack[other] ?? 0) - step;
    }
    column = next;
  } while (rowOf[column] !== 0);
  do {
    const before = previous[column] ?? 0;
    rowOf[column] = rowOf[before] ?? 0;
    column = before;
  } while (column !== 0);
}
