import type { StoredSessionPin } from '#shared/database/session-pin.ts';

/** A session that was pinned by another gateway is worth this much waiting, and no more. */
const WAIT_MS = 50;
/** After a look-up that failed or was late, none is tried for so long: a store that is down must not slow every call. */
const PAUSE_MS = 1_000;

/**
 * Looks a session up with a deadline. Answers null at the deadline, on any error, and without asking for a while after
 * either.
 *
 * @param deps.now Unix time in milliseconds
 */
export function createSessionLookup(deps: {
  readonly read: (sessionId: string) => Promise<StoredSessionPin | null>;
  readonly now: () => number;
}): (sessionId: string) => Promise<StoredSessionPin | null> {
  let pausedUntilMs = 0;
  return async (sessionId) => {
    if (deps.now() < pausedUntilMs) return null;
    const pause = (): null => {
      pausedUntilMs = deps.now() + PAUSE_MS;
      return null;
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(pause()), WAIT_MS);
    });
    try {
      return await Promise.race([deps.read(sessionId).catch(pause), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
