import { TrimtabError } from '#shared/errors.ts';

/**
 * Settles as the promise does, or rejects with `store_unavailable` after `limitMs` milliseconds or when the signal
 * aborts. The work itself goes on: whoever waits has to treat its outcome as unknown.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  limitMs: number,
  what: string,
  signal?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const expiry = waitFor(limitMs, over.signal, signal).then((end) => {
    const reason = end === 'aborted' ? 'closed while waiting' : `no answer in ${limitMs} ms`;
    throw new TrimtabError('store_unavailable', `${what}: ${reason}`);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    over.abort();
  }
}

/** True when the promise settled, either way, within `limitMs` milliseconds. */
export async function settlesWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const over = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, waitFor(limitMs, over.signal).then(() => false)]);
  } finally {
    over.abort();
  }
}

/** Waits `durationMs` milliseconds, or until the signal aborts. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await waitFor(durationMs, new AbortController().signal, signal);
}

/**
 * Resolves after the time, or as soon as the caller's signal aborts. `over` ends the wait without resolving it, so that
 * neither a timer nor a listener on a long-lived signal outlives the race it took part in.
 */
function waitFor(durationMs: number, over: AbortSignal, signal?: AbortSignal): Promise<'elapsed' | 'aborted'> {
  return new Promise((resolve) => {
    const end = (how: 'elapsed' | 'aborted') => {
      release();
      resolve(how);
    };
    const onAbort = () => end('aborted');
    const timer = setTimeout(() => end('elapsed'), Math.max(durationMs, 0));
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    over.addEventListener('abort', release, { once: true });
    if (signal?.aborted) end('aborted');
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
