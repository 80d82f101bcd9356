/**
 * Solves A x = b for a symmetric positive definite A by Cholesky's decomposition.
 *
 * @param matrix the lower triangle is read, row by row
 * @throws RangeError when the matrix is not positive definite
 */
export function solveSymmetric(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  const lower = matrix.map((row) => Float64Array.from(row));
  for (const [i, row] of lower.entries()) {
    for (let j = 0; j <= i; j += 1) {
      const other = rowOf(lower, j);
      let sum = at(row, j);
      for (let k = 0; k < j; k += 1) sum -= at(row, k) * at(other, k);
      if (i !== j) row[j] = sum / at(other, j);
      else if (sum > 0) row[j] = Math.sqrt(sum);
      else throw new RangeError('the matrix is not positive definite');
    }
  }
  const solution = Float64Array.from(right);
  for (let i = 0; i < size; i += 1) {
    const row = rowOf(lower, i);
    for (let k = 0; k < i; k += 1) solution[i] = at(solution, i) - at(row, k) * at(solution, k);
    solution[i] = at(solution, i) / at(row, i);
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < size; k += 1) solution[i] = at(solution, i) - at(rowOf(lower, k), i) * at(solution, k);
    solution[i] = at(solution, i) / at(rowOf(lower, i), i);
  }
  return solution;
}

function rowOf(matrix: readonly Float64Array[], index: number): Float64Array {
  const row = matrix[index];
  if (row === undefined) throw new RangeError('the matrix has fewer rows than the right side');
  return row;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
