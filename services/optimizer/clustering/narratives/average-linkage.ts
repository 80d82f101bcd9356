/**
 * Groups by average linkage: two groups are one while the mean similarity between their members is at least this. Found
 * by chains of nearest neighbours, in quadratic time; ties go to the one that comes first. Largest group first.
 */
export function linkByAverage(similarities: readonly Float64Array[], joinFrom: number): readonly (readonly number[])[] {
  const rows = similarities.map((row) => row.slice());
  const members: (number[] | null)[] = rows.map((_row, index) => [index]);
  const isDone = rows.map(() => false);
  const chain: number[] = [];
  for (;;) {
    const top = chain.at(-1) ?? members.findIndex((group, index) => group !== null && isDone[index] === false);
    if (top === -1) break;
    if (chain.length === 0) chain.push(top);
    const before = chain.at(-2) ?? -1;
    const next = nearest(rows[top], top, before, members, isDone);
    if (next === -1 || (rows[top]?.[next] ?? 0) < joinFrom) {
      // Nothing can join it later either: the mean over two groups is never above the larger of both.
      isDone[top] = true;
      chain.pop();
    } else if (next === before) {
      chain.splice(-2);
      merge(rows, members, Math.min(top, next), Math.max(top, next));
    } else chain.push(next);
  }
  return members
    .filter((group) => group !== null)
    .sort((left, right) => right.length - left.length || (left[0] ?? 0) - (right[0] ?? 0));
}

/** The likest other group; the one before in the chain wins a tie, or the chain would not end. */
function nearest(
  row: Float64Array | undefined,
  own: number,
  before: number,
  members: readonly (number[] | null)[],
  isDone: readonly boolean[],
): number {
  let best = before;
  for (let other = 0; other < members.length; other += 1) {
    if (other === own || members[other] === null || isDone[other] === true) continue;
    if (best === -1 || (row?.[other] ?? 0) > (row?.[best] ?? 0)) best = other;
  }
  return best;
}

function merge(rows: readonly Float64Array[], members: (number[] | null)[], into: number, from: number): void {
  const [left, right] = [members[into] ?? [], members[from] ?? []];
  const size = left.length + right.length;
  for (let other = 0; other < rows.length; other += 1) {
    if (other === into || other === from || members[other] === null) continue;
    const mean = ((rows[into]?.[other] ?? 0) * left.length + (rows[from]?.[other] ?? 0) * right.length) / size;
    const [one, back] = [rows[into], rows[other]];
    if (one !== undefined) one[other] = mean;
    if (back !== undefined) back[into] = mean;
  }
  members[into] = [...left, ...right].sort((a, b) => a - b);
  members[from] = null;
}
