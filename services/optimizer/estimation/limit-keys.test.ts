import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitKeys } from './limit-keys.ts';

describe('the influence of one key', () => {
  it('stays at a quarter of what is heard however much the key sends, once there are others', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('loud', 'loud', 'loud', 'a', 'b', 'c'), { maxLength: 400 }), (keys) => {
        const kept = limitKeys(keys.map((keyId) => ({ keyId })));
        const loud = kept.filter((session) => session.keyId === 'loud').length;
        if (new Set(keys).size >= 4) expect(loud).toBeLessThanOrEqual(Math.max(5, Math.ceil(kept.length / 4)));
        else expect(kept).toHaveLength(keys.length);
      }),
      { numRuns: 200 },
    );
  });
});
