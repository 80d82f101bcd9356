import type { Readable } from 'node:stream';

/** A body was not at its end when its time was over. */
class TotalTimeoutError extends Error {
  readonly code = 'TOTAL_TIMEOUT';
}

/** What a timer can be set to. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Breaks a body off that does not end in time: one that trickles is never idle, and would hold its call for ever. */
export function limitDuration(body: Readable, withinMs: number): void {
  const end = () => body.destroy(new TotalTimeoutError('the answer took too long'));
  const timer = setTimeout(end, Math.min(withinMs, TIMER_MS_MAX));
  body.once('close', () => clearTimeout(timer));
}

/** Whether a body ended because all of it took too long. */
export function isTotalTimeout(error: unknown): boolean {
  return error instanceof TotalTimeoutError;
}
