import type { Escalation, Price } from '../domain/governance.ts';
import type { PolicyBody } from '../domain/policy.ts';

const MILLION = 1_000_000;

/**
 * What leaving a model costs in the next call alone, in USD: its cached input would have been read at the price of the
 * cache, and the other model reads all of it anew and writes it to its own cache. Never below nothing.
 *
 * @param inputTokens of the whole request, which is what a session's cache holds at most
 */
export function cacheLossUsd(inputTokens: number, from: Price, to: Price): number {
  const kept = from.cacheRead ?? from.input;
  const paid = Math.max(to.input, to.cacheWrite ?? to.input);
  return Math.max(0, (inputTokens * (paid - kept)) / MILLION);
}

/** Whether a session is flagged at a moment: as many of its calls failed within the window as the rules ask for. */
export function isFlagged(failedAtMs: readonly number[], rules: Escalation, nowMs: number): boolean {
  return failedAtMs.filter((failed) => failed > nowMs - rules.windowMs).length >= rules.failures;
}

/** Whether a policy treats flagged sessions differently; where none does nobody has to know which are. */
export function hasFlaggedRoute(body: PolicyBody): boolean {
  return body.routes.some((route) => route.match.flagged !== undefined);
}
