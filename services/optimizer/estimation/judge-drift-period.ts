/** Anchors of one night, by which a judge is watched. */
export interface AnchorNight {
  /** `YYYY-MM-DD` in UTC. */
  readonly night: string;
  readonly anchors: number;
  readonly disagreed: number;
}

export interface DriftFacts {
  /** When the anchors last raised an alarm. */
  readonly alarmAt: Date | null;
  /** Share of anchors that may come out otherwise without anything being wrong. */
  readonly disagreementMax: number;
  /** Oldest first. */
  readonly nights: readonly AnchorNight[];
  /** When what the judge says was last fitted to labels. */
  readonly fittedAt: Date | null;
}

/** From when to when a judge was not the one that it had been; `until` is null while that is not settled. */
export interface DriftPeriod {
  readonly since: Date;
  readonly until: Date | null;
}

const DAY_MS = 86_400_000;
/** Quiet nights in a row after which a judge is taken for what it was again, without having been fitted anew. */
const QUIET_NIGHTS = 3;

/**
 * The period of a judge's last drift. An alarm takes nights to come, so that it begins at the last quiet night before the
 * noisy ones that led to it; it is settled when the judge has been fitted to labels since. One that never was counts as it is, and is
 * what it was again when its anchors have been quiet for some nights.
 */
export function driftPeriod({ alarmAt, disagreementMax, nights, fittedAt }: DriftFacts): DriftPeriod | null {
  if (alarmAt === null) return null;
  const isQuiet = ({ anchors, disagreed }: AnchorNight) => disagreed <= disagreementMax * anchors;
  const alarmNight = alarmAt.toISOString().slice(0, 10);
  const before = nights.filter(({ night, anchors }) => anchors > 0 && night <= alarmNight);
  const lastQuiet = before.findLastIndex(isQuiet);
  const quietNight = before[lastQuiet];
  const known = quietNight ?? before[0];
  const beganMs =
    known === undefined ? alarmAt.getTime() : Date.parse(known.night) - (quietNight === undefined ? DAY_MS : 0);
  const since = new Date(Math.min(beganMs, alarmAt.getTime() - DAY_MS));
  if (fittedAt !== null) return { since, until: fittedAt > alarmAt ? fittedAt : null };
  const after = nights.filter(({ night, anchors }) => anchors > 0 && night > alarmNight);
  const settled = after.findIndex(
    (_, at) => at + 1 >= QUIET_NIGHTS && after.slice(at + 1 - QUIET_NIGHTS, at + 1).every(isQuiet),
  );
  const settledNight = after[settled];
  return { since, until: settledNight === undefined ? null : new Date(Date.parse(settledNight.night) + DAY_MS) };
}
