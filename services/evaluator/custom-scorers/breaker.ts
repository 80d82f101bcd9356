import type { CustomAnswer, CustomFailure } from './custom-scorer.ts';

/** Keeps a scorer that costs time and says nothing from being asked for a while. */
export interface Breaker {
  /** False while the scorer is left alone. */
  mayAsk(): boolean;
  heard(answer: CustomAnswer): void;
}

const FAILURES_IN_A_ROW_MAX = 3;
const PAUSE_MS = 30_000;
/** What costs time; a scorer that throws is done at once, and may throw at this subject alone. */
const COSTLY: ReadonlySet<CustomFailure> = new Set(['timeout', 'crashed', 'unreachable', 'refused']);

/** After its pause a scorer is asked again, and one more failure pauses it anew. */
export function createBreaker(now: () => number): Breaker {
  let failures = 0;
  let pausedUntil = 0;
  return {
    mayAsk: () => now() >= pausedUntil,
    heard(answer) {
      const isCostly = answer.type === 'failed' && COSTLY.has(answer.reason);
      failures = isCostly ? failures + 1 : 0;
      if (failures >= FAILURES_IN_A_ROW_MAX) pausedUntil = now() + PAUSE_MS;
    },
  };
}
