/**
 * Which fold each row is in, all rows of a group in the same one: four trials of a task are not four tasks.
 *
 * @param groups the group of each row
 * @param random uniform in [0, 1)
 */
export function groupedFolds(groups: readonly string[], folds: number, random: () => number): readonly number[] {
  const names = [...new Set(groups)].sort();
  for (let last = names.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [names[last], names[other]] = [names[other] ?? '', names[last] ?? ''];
  }
  const foldOf = new Map(names.map((name, index) => [name, index % folds]));
  return groups.map((group) => foldOf.get(group) ?? 0);
}
