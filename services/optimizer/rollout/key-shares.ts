/** Share that a key may have in what is heard; above it the bets on its sessions are made smaller. */
const KEY_SHARE_MAX = 0.2;
/** A key may always have as much as two of equal size among all: a team of one key is all the traffic there is. */
const FAIR_SHARES = 2;
/** Sessions of a key that are heard whole before there are others to compare with. */
const SESSIONS_FREE = 5;
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
  /** Keys that call. */
  count(): number;
  /** Sessions by key, as plain JSON. Sessions without a key are those of the key ''. */
  counts(): Record<string, number>;
}

/** @param counts what `counts()` said when the test was stored */
export function createKeyShares(counts: Readonly<Record<string, number>> = {}): KeyShares {
  const sessions = new Map(Object.entries(counts));
  let total = [...sessions.values()].reduce((sum, count) => sum + count, 0);
  // Instead of making all counts smaller with each session, each session counts for more than the one before it.
  let unit = 1;
  return {
    hear(keyId) {
      const key = keyId ?? '';
      unit /= KEPT;
      const own = (sessions.get(key) ?? 0) + unit;
      sessions.set(key, own);
      total += unit;
      const share = Math.max(KEY_SHARE_MAX, FAIR_SHARES / sessions.size);
      if (share >= 1) return 1;
      // The key is to be this share of what is heard, of which the sessions of the others are the rest.
      const allowed = (share / (1 - share)) * (total - own) + SESSIONS_FREE * unit;
      return Math.min(1, allowed / own);
    },
    count: () => sessions.size,
    counts() {
      const kept = [...sessions].map(([key, count]) => [key, count / unit] as const);
      return Object.fromEntries(kept.filter(([, count]) => count >= FORGOTTEN_UNDER));
    },
  };
}
