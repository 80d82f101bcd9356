/** Words that any text has. */
const COMMON = new Set(
  'the a an and or but of to in on at for with from by as is are was were be been am do does did have has had i you he she it we they me my your our their this that these those there here what which who how when where why can could would will should may might please just so if then than not no yes also want need like get got make let know tell about into out up down'.split(
    ' ',
  ),
);

/** The words of a text that say what it is about. */
export function contentWords(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}_'./-]*[\p{L}\p{N}]|[\p{L}\p{N}]/gu) ?? [];
  return new Set(words.filter((word) => !COMMON.has(word)));
}

/** How much of the smaller set is in the other, 0 to 1. */
export function overlap(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  const [small, large] = left.size <= right.size ? [left, right] : [right, left];
  if (small.size === 0) return 0;
  let shared = 0;
  for (const word of small) if (large.has(word)) shared += 1;
  return shared / small.size;
}
