import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { judgeDrift, withoutDrift } from './judge-drift.ts';

function anchors(seed: number, bias: number): number[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: 50 }, () => 0.6 + bias + 0.085 * random.normal());
}

describe('the drift of a judge', () => {
  it('is put right when the anchors have clearly moved', () => {
    const drift = judgeDrift(anchors(1, 0), anchors(2, 0.12));
    expect(drift.shift).toBeGreaterThan(0.07);
    expect(withoutDrift(0.9, drift)).toBeLessThan(0.83);
  });

  it('is nothing while it may be chance, and with few anchors', () => {
    const moved = Array.from(
      { length: 200 },
      (_, at) => judgeDrift(anchors(2 * at, 0), anchors(2 * at + 1, 0)).shift !== 0,
    );
    expect(moved.filter((each) => each).length).toBeLessThanOrEqual(10);
    expect(judgeDrift([0.5, 0.5], [0.9, 0.9]).shift).toBe(0);
  });
});
