import { createKeyShares } from './key-shares.ts';
import type { SessionObservation } from './pair-sessions.ts';

/** Hard failures of one key that are counted; more of them say only that this key fails. */
const HARD_FAILURES_PER_KEY_MAX = 8;

export interface KeyInfluence {
  /** Weight of the bets on a session, from 0 to 1. */
  readonly weightOf: (session: SessionObservation) => number;
  readonly count: number;
  readonly largestShare: number;
}

/** How much each virtual key may say in a rollout: the sessions of both arms, counted in the order of their start. */
export function keyInfluence(observations: readonly SessionObservation[]): KeyInfluence {
  const shares = createKeyShares();
  const weights = new Map(
    observations.toSorted(byStart).map((session) => [session.sessionId, shares.hear(session.keyId)]),
  );
  const sizes = [...Map.groupBy(observations, keyOf).values()].map((sessions) => sessions.length);
  return {
    weightOf: (session) => weights.get(session.sessionId) ?? 1,
    count: sizes.length,
    largestShare: sizes.length === 0 ? 0 : Math.max(...sizes) / observations.length,
  };
}

/** Hard failures of the two arms, of which one key among several adds no more than a few: those that started first. */
export function countHardFailures(observations: readonly SessionObservation[]): { canary: number; control: number } {
  const alone = new Set(observations.map(keyOf)).size === 1;
  const perKeyMax = alone ? Number.POSITIVE_INFINITY : HARD_FAILURES_PER_KEY_MAX;
  const counts = { canary: 0, control: 0 };
  const ofKey = new Map<string, number>();
  for (const session of observations.filter((each) => each.hardFailure).toSorted(byStart)) {
    const counted = ofKey.get(keyOf(session)) ?? 0;
    if (counted >= perKeyMax) continue;
    ofKey.set(keyOf(session), counted + 1);
    counts[session.variant] += 1;
  }
  return counts;
}

function keyOf(session: SessionObservation): string {
  return session.keyId ?? '';
}

function byStart(left: SessionObservation, right: SessionObservation): number {
  if (left.startedAtMs !== right.startedAtMs) return left.startedAtMs - right.startedAtMs;
  return left.sessionId < right.sessionId ? -1 : 1;
}
