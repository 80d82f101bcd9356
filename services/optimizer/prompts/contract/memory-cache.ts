import type { CacheEntry, EvaluationCache } from './search-ports.ts';

/** A cache for one process. */
export function createMemoryCache(): EvaluationCache {
  const entries = new Map<string, CacheEntry>();
  return {
    read: async (keys) => {
      const found = new Map<string, CacheEntry>();
      for (const key of keys) {
        const entry = entries.get(key);
        if (entry !== undefined) found.set(key, entry);
      }
      return found;
    },
    write: async (key, entry) => {
      if (!entries.has(key)) entries.set(key, entry);
    },
  };
}
