/** Share of the sessions so far above which a key's bets are made smaller. */
const KEY_SHARE_MAX = 0.2;
/** A key may always have as much as two of equal size among all: a team of one key is all the traffic there is. */
const FAIR_SHARES = 2;
/** Sessions that the share of a key is thinned by, so that the first sessions count whole. */
const SESSIONS_AT_START = 20;
/** What is left of a session's count after each further one: shares are of the last few hundred sessions. */
const KEPT = 1 - 1 / 500;
/** A key that is down to this has not called for long, and is forgotten. */
const FORGOTTEN_UNDER = 0.05;

/**
 * How much each virtual key may say in a sequential test, which one busy key could otherwise decide for all. The weight
 * of a session depends on who has called so far, and never on how it went, so that it may scale a bet on the session.
 */
export interface KeyShares {
  /** Counts one more session of a key; returns its weight from 0 to 1: one for keys that keep to their share. */
  hear(keyId: string | null | undefined): number;
  /** Sessions by key, as plain JSON. Sessions without a key are those of the key ''. */
  counts(): Record<string, number>;
}

/** @param counts what `counts()` said when the test was stored */
export function createKeyShares(counts: Readonly<Record<string, number>> = {}): KeyShares {
  const sessions = new Map(Object.entries(counts));
  return {
    hear(keyId) {
      const key = keyId ?? '';
      let total = 1;
      for (const [other, count] of sessions) {
        const kept = count * KEPT;
        if (kept < FORGOTTEN_UNDER) sessions.delete(other);
        else {
          sessions.set(other, kept);
          total += kept;
        }
      }
      const own = (sessions.get(key) ?? 0) + 1;
      sessions.set(key, own);
      const allowed = Math.max(KEY_SHARE_MAX, FAIR_SHARES / sessions.size) * (total + SESSIONS_AT_START);
      return Math.min(1, allowed / own);
    },
    counts: () => Object.fromEntries(sessions),
  };
}
