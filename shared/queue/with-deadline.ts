import { TrimtabError } from '#shared/errors.ts';

/**
 * Settles as the promise does, or rejects with `store_unavailable` after `limitMs` milliseconds. The work itself goes
 * on: whoever waits has to treat its outcome as unknown.
 */
export async function withDeadline<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new TrimtabError('store_unavailable', `${what}: no answer in ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/** True when the promise settled, either way, within `limitMs` milliseconds. */
export async function settlesWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(limitMs, 0));
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
