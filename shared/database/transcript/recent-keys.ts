/** Keys that were added or asked for lately: the last so many of them, and at most twice as many. */
export interface RecentKeys {
  has(key: string): boolean;
  add(key: string): void;
}

/**
 * Two sets that take turns: a look-up and an addition cost a tenth of what a list in order of use takes, and what is
 * still looked up when the sets change places stays.
 */
export function createRecentKeys(keysMax: number): RecentKeys {
  let young = new Set<string>();
  let old = new Set<string>();
  const add = (key: string): void => {
    young.add(key);
    if (young.size < keysMax) return;
    old = young;
    young = new Set();
  };
  return {
    has(key) {
      if (young.has(key)) return true;
      if (!old.has(key)) return false;
      add(key);
      return true;
    },
    add,
  };
}
