/** Scores of candidates by row id; a row that a candidate has no score on is absent. */
export interface ArchiveMember {
  readonly id: number;
  readonly scores: ReadonlyMap<string, number>;
}

/** For each row the candidates that tie for its best score. */
export type Fronts = ReadonlyMap<string, ReadonlySet<number>>;

/** Differences of scores below this are rounding, not better answers. */
const SCORE_TOLERANCE = 1e-9;

export function paretoFronts(members: readonly ArchiveMember[]): Fronts {
  const best = new Map<string, number>();
  for (const { scores } of members)
    for (const [row, score] of scores) best.set(row, Math.max(score, best.get(row) ?? Number.NEGATIVE_INFINITY));
  const holds = ({ scores }: ArchiveMember, row: string, score: number) =>
    (scores.get(row) ?? Number.NEGATIVE_INFINITY) >= score - SCORE_TOLERANCE;
  return new Map(
    [...best].map(([row, score]) => [
      row,
      new Set(members.filter((member) => holds(member, row, score)).map(({ id }) => id)),
    ]),
  );
}

/**
 * The fronts without dominated candidates: looked at from the lowest mean up, a candidate is dominated if every front
 * that holds it also holds another survivor. Equal means in the order of `members`.
 */
export function withoutDominated(fronts: Fronts, members: readonly ArchiveMember[]): Fronts {
  const surviving = new Set(members.map(({ id }) => id));
  const ascending = [...members].sort((a, b) => meanScore(a) - meanScore(b));
  for (const { id } of ascending) {
    const own = [...fronts.values()].filter((front) => front.has(id));
    const dominated = own.every((front) => [...front].some((other) => other !== id && surviving.has(other)));
    if (dominated) surviving.delete(id);
  }
  return new Map([...fronts].map(([row, front]) => [row, new Set([...front].filter((id) => surviving.has(id)))]));
}

/** Candidates of the fronts with the number of fronts that hold them, by id. */
export function frontCounts(fronts: Fronts): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const front of fronts.values()) for (const id of front) counts.set(id, (counts.get(id) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/** A candidate drawn with probability proportional to the fronts that hold it; null when there are none. */
export function drawFromFronts(fronts: Fronts, uniform: () => number): number | null {
  const counts = [...frontCounts(fronts)];
  let left = uniform() * counts.reduce((sum, [, count]) => sum + count, 0);
  for (const [id, count] of counts) {
    left -= count;
    if (left < 0) return id;
  }
  return counts.at(-1)?.[0] ?? null;
}

export function meanScore({ scores }: ArchiveMember): number {
  if (scores.size === 0) return 0;
  let sum = 0;
  for (const score of scores.values()) sum += score;
  return sum / scores.size;
}
