const FIRST_MS = 5_000;
const FACTOR = 3;
const LONGEST_MS = 3_600_000;
/** Share by which a wait is shortened at the most, so that many deliveries do not come back at once. */
const JITTER = 0.2;
/** For how long after an event it is tried to be told; a receiver that is down over a weekend misses nothing. */
const GIVE_UP_AFTER_MS = 3 * 86_400_000;

/**
 * How long to wait before the next attempt, in milliseconds, or null when it is time to give up.
 *
 * @param attempts made so far, at least 1
 * @param ageMs of the event
 * @param random in [0, 1)
 */
export function backOffMs(attempts: number, ageMs: number, random: number): number | null {
  if (ageMs >= GIVE_UP_AFTER_MS) return null;
  const full = Math.min(LONGEST_MS, FIRST_MS * FACTOR ** Math.max(0, attempts - 1));
  return Math.round(full * (1 - JITTER * random));
}
