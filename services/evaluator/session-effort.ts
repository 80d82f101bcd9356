import type { StoredQualityScore } from '#shared/database/score-store.ts';
import type { SessionCall } from '#shared/database/session-closing.ts';

/** What a session, or one agent of it, took; counted once for every call, whatever was found in it. */
export interface Effort {
  readonly calls: number;
  readonly tokens: number;
  /** Calls that read what had been read, and that had not changed. */
  readonly redundantReads: number;
  /** Calls that repeated one before them, in a circle or side by side. */
  readonly repeatedCalls: number;
  /** Calls with a tool error of the model's own making; a server that is down is no waste of the model's. */
  readonly failedCalls: number;
  /** Calls with any of the three. */
  readonly wastedCalls: number;
}

/** What sessions of the same kind took. */
export interface LikeSessions {
  readonly sessions: number;
  readonly medianCalls: number;
  readonly medianTokens: number;
}

/** Below this many, a median says more about chance than about the kind. */
export const LIKE_SESSIONS_MIN = 20;

const REDUNDANT_READ = new Set(['redundant_read']);
const REPEATED_CALL = new Set(['failing_call_repeated', 'loop_cycle', 'duplicate_parallel']);
const FAILED_CALL = new Set(['tool_result_error']);

/** Counts the effort of calls from what the deterministic scorers left of them. */
export function effortOf(calls: readonly SessionCall[], scores: readonly StoredQualityScore[]): Effort {
  const own = new Set(calls.map((call) => call.callId));
  const failures = scores.filter(
    (score) =>
      score.subjectType === 'call' && score.outcome === 'fail' && score.owner === 'provider' && own.has(score.callId),
  );
  const callsWith = (scorers: ReadonlySet<string>) =>
    new Set(failures.filter((score) => scorers.has(score.scorer)).map((score) => score.callId));
  const redundant = callsWith(REDUNDANT_READ);
  const repeated = callsWith(REPEATED_CALL);
  const failed = callsWith(FAILED_CALL);
  return {
    calls: calls.length,
    tokens: calls.reduce((sum, call) => sum + call.tokens, 0),
    redundantReads: redundant.size,
    repeatedCalls: repeated.size,
    failedCalls: failed.size,
    wastedCalls: new Set([...redundant, ...repeated, ...failed]).size,
  };
}

/**
 * Efficiency in [0, 1]: the share of calls that were no waste, times how far the session stays below the median calls
 * and tokens of its kind (geometric mean of the two, each at most 1). Where its kind has too few sessions yet, the first
 * factor stands alone; where no call has a count of tokens, calls do.
 */
export function efficiencyOf(effort: Effort, like: LikeSessions | null): number | null {
  if (effort.calls === 0) return null;
  const directness = 1 - effort.wastedCalls / effort.calls;
  if (!isKnown(like)) return rounded(directness);
  const calls = Math.min(1, like.medianCalls / effort.calls);
  const tokens =
    effort.tokens === 0 || like.medianTokens === 0 ? calls : Math.min(1, like.medianTokens / effort.tokens);
  return rounded(directness * Math.sqrt(calls * tokens));
}

/** The numbers behind an efficiency, in one sentence. */
export function describeEffort(effort: Effort, like: LikeSessions | null): string {
  const { calls, tokens, redundantReads, repeatedCalls, failedCalls, wastedCalls } = effort;
  const own = `${calls} calls, ${tokens} tokens, ${wastedCalls} wasted (${redundantReads} redundant reads, ${repeatedCalls} repeated, ${failedCalls} failed)`;
  if (!isKnown(like)) return `${own}; too few sessions of its kind to compare with`;
  return `${own}; median of ${like.sessions} of its kind: ${like.medianCalls} calls, ${Math.round(like.medianTokens)} tokens`;
}

function isKnown(like: LikeSessions | null): like is LikeSessions {
  return like !== null && like.sessions >= LIKE_SESSIONS_MIN;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
