/** Failures per template. */
export type Membership = Readonly<Record<string, number>>;

/** Share of the failures that changed, above which a cluster deserves another name. */
const RENAME_ABOVE = 0.3;

/** Whether a cluster has become another thing since it was named. Growth alone is no change: shares are compared. */
export function deservesName(named: Membership, now: Membership): boolean {
  const [before, after] = [totalOf(named), totalOf(now)];
  if (after === 0) return false;
  if (before === 0) return true;
  const shared = Object.entries(now).reduce(
    (sum, [templateId, mass]) => sum + Math.min(mass / after, (named[templateId] ?? 0) / before),
    0,
  );
  return 1 - shared > RENAME_ABOVE;
}

function totalOf(membership: Membership): number {
  return Object.values(membership).reduce((sum, mass) => sum + mass, 0);
}
