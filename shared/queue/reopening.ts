import { TrimtabError } from '#shared/errors.ts';
import {
  DISPOSE_TIMEOUT_MS,
  OPEN_BACKOFF_MAX_MS,
  OPEN_BACKOFF_MIN_MS,
  OPEN_TIMEOUT_MS,
  WARNING_INTERVAL_MS,
} from './queue-limits.ts';
import type { QueueLog } from './queue-log.ts';
import { createThrottledWarning } from './queue-log.ts';
import type { Candidate } from './queue-store.ts';
import { pause, settlesWithin, withDeadline } from './with-deadline.ts';

/** Something that lives on a store which may be down, and is built again until it opens. */
export interface Reopening<T> {
  /** The open object, or null while the store does not answer. */
  current(): T | null;
  /** Waits until it is open; rejects with `store_unavailable` after `limitMs` milliseconds. */
  whenOpen(limitMs: number): Promise<T>;
  /** Throws the open object away and builds another one. */
  reopen(): void;
  close(): Promise<void>;
}

/**
 * Opens at once and keeps trying. BullMQ's PostgreSQL objects keep their first failed connection for ever, without an
 * error event, so an object that does not become ready is disposed of and built anew, with exponential back-off.
 *
 * @param onOpen called with every object that became ready, before anyone else sees it
 */
export function createReopening<T>(
  deps: { readonly log: QueueLog; readonly now: () => number },
  options: { readonly what: string; readonly build: () => Candidate<T>; readonly onOpen?: (value: T) => void },
): Reopening<T> {
  const warn = createThrottledWarning(deps.log, { intervalMs: WARNING_INTERVAL_MS, now: deps.now });
  const closing = new AbortController();
  let open: Candidate<T> | null = null;
  let opening: Promise<T | null> = openUntilReady();

  function closedError(): TrimtabError {
    return new TrimtabError('store_unavailable', `${options.what} is closed`);
  }

  async function openUntilReady(): Promise<T | null> {
    for (let backoffMs = OPEN_BACKOFF_MIN_MS; !closing.signal.aborted; backoffMs *= 2) {
      const candidate = await tryOpening(Math.min(backoffMs, OPEN_BACKOFF_MAX_MS));
      if (candidate !== null) return candidate.value;
    }
    return null;
  }

  async function tryOpening(backoffMs: number): Promise<Candidate<T> | null> {
    let candidate: Candidate<T> | null = null;
    try {
      candidate = options.build();
      await withDeadline(candidate.ready, OPEN_TIMEOUT_MS, options.what, closing.signal);
      if (closing.signal.aborted) throw closedError();
      open = candidate;
      options.onOpen?.(candidate.value);
      return candidate;
    } catch (error) {
      open = null;
      if (!closing.signal.aborted) warn({ error: String(error) }, `${options.what} could not be opened, trying again`);
      await Promise.all([candidate === null ? null : dispose(candidate), pause(backoffMs, closing.signal)]);
      return null;
    }
  }

  async function whenOpen(limitMs: number): Promise<T> {
    const value = open?.value ?? (await withDeadline(opening, limitMs, options.what, closing.signal));
    if (value === null) throw closedError();
    return value;
  }

  return {
    current: () => open?.value ?? null,
    whenOpen,
    reopen() {
      const broken = open;
      if (broken === null || closing.signal.aborted) return;
      open = null;
      opening = dispose(broken).then(openUntilReady);
    },
    async close() {
      closing.abort();
      const last = open;
      open = null;
      if (last !== null) await dispose(last);
      await opening;
    },
  };
}

/** Errors do not matter here: the object is being thrown away, and its store may well be down. */
async function dispose(candidate: Candidate<unknown>): Promise<void> {
  await settlesWithin(candidate.dispose(), DISPOSE_TIMEOUT_MS);
}
