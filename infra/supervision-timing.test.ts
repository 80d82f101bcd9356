import { describe, expect, it } from 'vitest';
import { restartDelayMs, SUPERVISION_TIMING } from './supervision-timing.ts';

describe('restartDelayMs', () => {
  it('doubles with every death in a row, up to a bound', () => {
    const pauses = [1, 2, 3, 4, 20, 2_000].map((failures) => restartDelayMs(failures, SUPERVISION_TIMING));
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 30_000, 30_000]);
  });
});
