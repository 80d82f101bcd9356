import { describe, expect, it } from 'vitest';
import { isSampled } from './is-sampled.ts';

const ids = Array.from({ length: 4_000 }, (_, index) => `subject-${index}`);

describe('isSampled', () => {
  it('takes about the stated share', () => {
    const taken = ids.filter((id) => isSampled('judge', id, 0.3)).length;
    expect(taken / ids.length).toBeGreaterThan(0.27);
    expect(taken / ids.length).toBeLessThan(0.33);
  });

  it('takes nobody at 0 and everybody at 1', () => {
    expect(ids.some((id) => isSampled('judge', id, 0))).toBe(false);
    expect(ids.every((id) => isSampled('judge', id, 1))).toBe(true);
  });

  it('keeps who was in when the share grows', () => {
    const small = ids.filter((id) => isSampled('judge', id, 0.1));
    expect(small.every((id) => isSampled('judge', id, 0.2))).toBe(true);
  });

  it('chooses differently for another purpose', () => {
    const differs = ids.filter((id) => isSampled('judge', id, 0.5) !== isSampled('other', id, 0.5)).length;
    expect(differs / ids.length).toBeGreaterThan(0.4);
  });
});
