/** Rounds of the power iteration; the axes that matter stand out long before. */
const ROUNDS = 60;

/**
 * The directions along which centred rows vary most, strongest first, by power iteration on the rows' products, which are
 * fewer than the columns. Deterministic: it starts from fixed vectors.
 */
export function principalAxes(rows: readonly Float64Array[], count: number): readonly (readonly number[])[] {
  const products = rows.map((left) => Float64Array.from(rows, (right) => dot(left, right)));
  const found: Float64Array[] = [];
  for (let axis = 0; axis < count; axis += 1) {
    let vector: Float64Array = Float64Array.from(rows, (_row, index) => Math.cos((index + 1) * (axis + 1)));
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = Float64Array.from(products, (row) => dot(row, vector));
      for (const before of found) {
        const shared = dot(before, next);
        for (let index = 0; index < next.length; index += 1)
          next[index] = (next[index] ?? 0) - shared * (before[index] ?? 0);
      }
      const length = Math.sqrt(dot(next, next));
      if (length < 1e-9) break;
      vector = next.map((value) => value / length);
    }
    found.push(vector);
  }
  return found.map((vector) => axisOf(rows, vector));
}

/** The axis among the columns that belongs to one among the rows, at unit length. */
function axisOf(rows: readonly Float64Array[], vector: Float64Array): readonly number[] {
  const axis = new Float64Array(rows[0]?.length ?? 0);
  rows.forEach((row, index) => {
    const share = vector[index] ?? 0;
    for (let column = 0; column < axis.length; column += 1)
      axis[column] = (axis[column] ?? 0) + share * (row[column] ?? 0);
  });
  const length = Math.sqrt(dot(axis, axis));
  return [...axis].map((value) => (length < 1e-9 ? 0 : value / length));
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}
