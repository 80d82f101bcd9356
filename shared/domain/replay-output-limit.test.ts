import { describe, expect, it } from 'vitest';
import { replayOutputLimit } from './replay-output-limit.ts';

describe('what a replay may answer', () => {
  it('is several times the stored answer, never more than the client allowed', () => {
    expect(replayOutputLimit(100, 32_000)).toBe(2_000);
    expect(replayOutputLimit(3_000, 32_000)).toBe(12_000);
    expect(replayOutputLimit(3_000, 4_000)).toBe(4_000);
    expect(replayOutputLimit(0, null)).toBe(2_000);
  });

  it('leaves a budget for thinking whole, which servers refuse to see beyond the limit', () => {
    expect(replayOutputLimit(100, 32_000, 10_000)).toBe(11_024);
  });
});
