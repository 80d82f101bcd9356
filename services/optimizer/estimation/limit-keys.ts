/** Share of a cell's sessions above which one key is not listened to any further. */
const KEY_SHARE_MAX = 0.25;
/** With fewer keys than this there is nobody to outvote: one team's key is all the traffic there is. */
const KEYS_MIN = 4;
/** Sessions of a key that always count, or nothing would ever begin. */
const KEY_SESSIONS_FREE = 5;

/**
 * The sessions of a cell, in their order, without those by which one key would be more than its share of what is heard
 * so far: whoever sends most does not decide alone how good a model is. Sessions without a key count as one key's.
 */
export function limitKeys<T extends { readonly keyId: string | null }>(sessions: readonly T[]): T[] {
  const keys = new Set(sessions.map((session) => session.keyId));
  if (keys.size < KEYS_MIN) return [...sessions];
  const heard = new Map<string | null, number>();
  const kept: T[] = [];
  for (const session of sessions) {
    const own = heard.get(session.keyId) ?? 0;
    if (own >= KEY_SESSIONS_FREE && own + 1 > KEY_SHARE_MAX * (kept.length + 1)) continue;
    heard.set(session.keyId, own + 1);
    kept.push(session);
  }
  return kept;
}
