const COMPARED_CHARACTERS_MAX = 64;
const COMPARED_MEMBERS_MAX = 200;
/** Of the longer text's characters, those that may differ for two texts to be alike. */
const DIFFERENCE_SHARE_MAX = 0.4;

/** The member that a text was probably meant to be, or null when none is near. */
export function nearestMember(actual: unknown, members: readonly unknown[]): string | null {
  if (typeof actual !== 'string' || actual === '' || actual.length > COMPARED_CHARACTERS_MAX) return null;
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const member of members.slice(0, COMPARED_MEMBERS_MAX)) {
    if (typeof member !== 'string' || member.length > COMPARED_CHARACTERS_MAX) continue;
    const share = editDistance(fold(actual), fold(member)) / Math.max(actual.length, member.length);
    if (share <= DIFFERENCE_SHARE_MAX && share < least) {
      nearest = member;
      least = share;
    }
  }
  return nearest;
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[\s_-]+/g, '');
}

/** Insertions, deletions and replacements that make one text of the other. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left.charAt(i - 1) === right.charAt(j - 1) ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
