import type { StoredSessionPin } from '#shared/database/session-pin.ts';

/** `unknown`: the store did not say in time. */
export type SessionLookup =
  | { readonly type: 'found'; readonly pin: StoredSessionPin }
  | { readonly type: 'none' }
  | { readonly type: 'unknown' };

/** A session that was pinned by another gateway is worth this much waiting, and no more. */
const WAIT_MS = 50;
/** After an error, or so many late answers in a row, none is asked for a while: a sick store must not slow every call. */
const LATE_IN_A_ROW_MAX = 5;
const PAUSE_MS = 1_000;

/**
 * Looks a session up with a deadline; never throws.
 *
 * @param deps.now Unix time in milliseconds
 */
export function createSessionLookup(deps: {
  readonly read: (sessionId: string) => Promise<StoredSessionPin | null>;
  readonly now: () => number;
}): (sessionId: string) => Promise<SessionLookup> {
  let pausedUntilMs = 0;
  let lateInARow = 0;
  const pause = (): SessionLookup => {
    pausedUntilMs = deps.now() + PAUSE_MS;
    return { type: 'unknown' };
  };
  const late = (): SessionLookup => {
    lateInARow += 1;
    return lateInARow >= LATE_IN_A_ROW_MAX ? pause() : { type: 'unknown' };
  };
  const read = async (sessionId: string): Promise<SessionLookup> => {
    try {
      const pin = await deps.read(sessionId);
      lateInARow = 0;
      return pin === null ? { type: 'none' } : { type: 'found', pin };
    } catch {
      return pause();
    }
  };
  return async (sessionId) => {
    if (deps.now() < pausedUntilMs) return { type: 'unknown' };
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<SessionLookup>((resolve) => {
      timer = setTimeout(() => resolve(late()), WAIT_MS);
    });
    const found = await Promise.race([read(sessionId), deadline]);
    clearTimeout(timer);
    return found;
  };
}
