/** Lets long polls wait for the next move of the policy pointer. */
export interface PolicyChanges {
  notify(): void;
  /** Resolves at the next change, after `timeoutMs`, or when the signal aborts; whichever is first. */
  next(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export function createPolicyChanges(): PolicyChanges {
  const waiting = new Set<() => void>();
  return {
    notify() {
      for (const wake of [...waiting]) wake();
    },
    async next(timeoutMs, signal) {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      const onAbort = () => resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.add(resolve);
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        waiting.delete(resolve);
      }
    },
  };
}
