/** What a gateway has lately seen of the models that it sends to, so that it does not make a storm of theirs worse. */
export interface UpstreamHealth {
  /** Whether so many tries in a row have failed that another model is to be asked first, where there is one. */
  isAvoided(model: string): boolean;
  /** A call is sent to it, which adds to what may be repeated. */
  began(model: string): void;
  /** It answered with what was asked for, or refused for a fault of the client. */
  answered(model: string): void;
  /** It was overloaded, out of order or not there; `retryAfterMs` when it said for how long. */
  failed(model: string, retryAfterMs: number | undefined): void;
  /** Takes one repetition from its budget; false when that is used up. */
  takeRetry(model: string): boolean;
  /** Never earlier than it was asked for, and no two calls at the same moment; milliseconds. */
  spread(waitMs: number): number;
}

interface ModelHealth {
  failuresInRow: number;
  openUntilMs: number;
  retries: number;
}

/** Of all calls to a model, so many may be repeated; and so many at once after a quiet time. */
const RETRY_SHARE = 0.1;
const RETRIES_MAX = 10;
const FAILURES_TO_AVOID = 10;
/** How long a model is avoided; after it one call at a time finds out whether it is back. */
const AVOIDED_MIN_MS = 1_000;
const AVOIDED_MAX_MS = 30_000;
/** Waits are spread over this much more, and at least over so many milliseconds. */
const SPREAD_SHARE = 0.5;
const SPREAD_MIN_MS = 250;

/**
 * @param deps.now Unix time in milliseconds
 * @param deps.random uniform in [0, 1)
 */
export function createUpstreamHealth(deps: {
  readonly now: () => number;
  readonly random: () => number;
}): UpstreamHealth {
  const models = new Map<string, ModelHealth>();
  const healthOf = (model: string): ModelHealth => {
    const known = models.get(model) ?? { failuresInRow: 0, openUntilMs: 0, retries: RETRIES_MAX };
    models.set(model, known);
    return known;
  };
  return {
    isAvoided(model) {
      const health = models.get(model);
      if (health === undefined || health.failuresInRow < FAILURES_TO_AVOID) return false;
      const nowMs = deps.now();
      if (nowMs < health.openUntilMs) return true;
      // This call finds out; the others go on avoiding it until it has.
      health.openUntilMs = nowMs + AVOIDED_MIN_MS;
      return false;
    },
    began(model) {
      const health = healthOf(model);
      health.retries = Math.min(RETRIES_MAX, health.retries + RETRY_SHARE);
    },
    answered(model) {
      healthOf(model).failuresInRow = 0;
    },
    failed(model, retryAfterMs = AVOIDED_MIN_MS) {
      const health = healthOf(model);
      health.failuresInRow += 1;
      const avoidedMs = Math.min(AVOIDED_MAX_MS, Math.max(AVOIDED_MIN_MS, retryAfterMs));
      if (health.failuresInRow >= FAILURES_TO_AVOID) health.openUntilMs = deps.now() + avoidedMs;
    },
    takeRetry(model) {
      const health = healthOf(model);
      if (health.retries < 1) return false;
      health.retries -= 1;
      return true;
    },
    spread: (waitMs) => waitMs + deps.random() * Math.max(SPREAD_MIN_MS, SPREAD_SHARE * waitMs),
  };
}
