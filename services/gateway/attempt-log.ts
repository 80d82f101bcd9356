import type { CallAttempt } from '#shared/domain/call.ts';
import type { ServedModel } from './config.ts';

/** The attempts of one call, in order; the last one may still be under way. */
export interface AttemptLog {
  begin(served: ServedModel): void;
  /** Ends the attempt under way, or corrects how the last one ended: an answer that began well can break off. */
  end(
    outcome: CallAttempt['outcome'],
    more?: Partial<Pick<CallAttempt, 'httpStatus' | 'retryAfterSeconds' | 'error'>>,
  ): void;
  readonly attempts: readonly CallAttempt[];
}

const ERROR_CHARACTERS_MAX = 500;

/** @param now Unix time in milliseconds */
export function createAttemptLog(now: () => number): AttemptLog {
  const attempts: CallAttempt[] = [];
  return {
    attempts,
    begin({ model, provider }) {
      const startedAtMs = now();
      attempts.push({ provider: provider.name, model: model.id, startedAtMs, durationMs: 0, outcome: 'ok' });
    },
    end(outcome, more) {
      const last = attempts.at(-1);
      if (last === undefined) return;
      last.outcome = outcome;
      last.durationMs = Math.max(0, now() - last.startedAtMs);
      if (more === undefined) return;
      if (more.httpStatus !== undefined) last.httpStatus = more.httpStatus;
      if (more.retryAfterSeconds !== undefined) last.retryAfterSeconds = more.retryAfterSeconds;
      if (more.error !== undefined) last.error = more.error.slice(0, ERROR_CHARACTERS_MAX);
    },
  };
}
