/**
 * Whether two JSON values are the same, fields in the same order. Equal values in another order count as different: this
 * is for finding again what a client repeats, and costs no more than the comparison of the texts.
 */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => isSameJson(item, right[index]));
  }
  if (Array.isArray(right)) return false;
  const leftNames = Object.keys(left);
  const rightNames = Object.keys(right);
  if (leftNames.length !== rightNames.length) return false;
  return leftNames.every(
    (name, index) =>
      name === rightNames[index] &&
      isSameJson((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]),
  );
}
