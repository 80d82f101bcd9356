import type { SessionObservation } from './pair-sessions.ts';

/** Share of the sessions so far above which a key's bets are made smaller. */
const KEY_SHARE_MAX = 0.2;
/** A key may always have as much as two of equal size among all: a team of one key is all the traffic there is. */
const FAIR_SHARES = 2;
/** Sessions that the share of a key is thinned by, so that the first sessions of a rollout count whole. */
const SESSIONS_AT_START = 20;
/** Hard failures of one key that are counted; more of them say only that this key fails. */
const HARD_FAILURES_PER_KEY_MAX = 8;

export interface KeyInfluence {
  /**
   * Weight of the bets on a session, from 0 to 1: one for keys that hold no more than their share of the sessions that
   * had started by then. It depends on who calls and never on how sessions went, so that it may scale a bet.
   */
  readonly weightOf: (session: SessionObservation) => number;
  readonly count: number;
  readonly largestShare: number;
}

/**
 * How much each virtual key may say in a rollout, whose traffic could otherwise promote or condemn a policy for all.
 * Sessions without a key are one key's.
 */
export function keyInfluence(observations: readonly SessionObservation[]): KeyInfluence {
  const sessions = new Map<string, number>();
  const weights = new Map<string, number>();
  let total = 0;
  for (const session of observations.toSorted(byStart)) {
    const key = keyOf(session);
    const own = (sessions.get(key) ?? 0) + 1;
    sessions.set(key, own);
    total += 1;
    const allowed = Math.max(KEY_SHARE_MAX, FAIR_SHARES / sessions.size) * (total + SESSIONS_AT_START);
    weights.set(session.sessionId, Math.min(1, allowed / own));
  }
  return {
    weightOf: (session) => weights.get(session.sessionId) ?? 1,
    count: sessions.size,
    largestShare: total === 0 ? 0 : Math.max(...sessions.values()) / total,
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
