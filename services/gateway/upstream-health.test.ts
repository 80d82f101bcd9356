import { describe, expect, it } from 'vitest';
import { createUpstreamHealth } from './upstream-health.ts';

function healthAt(start = 0) {
  let nowMs = start;
  const wait = (ms: number): void => {
    nowMs += ms;
  };
  const health = createUpstreamHealth({ now: () => nowMs, random: () => 0.5 });
  return { health, wait };
}

describe('the health of a model', () => {
  it('lets a tenth of its calls be repeated, and ten at once after a quiet time', () => {
    const { health } = healthAt();
    let repeated = 0;
    for (let call = 0; call < 1_000; call += 1) {
      health.began('m');
      if (health.takeRetry('m')) repeated += 1;
    }
    expect(repeated).toBeGreaterThan(100);
    expect(repeated).toBeLessThanOrEqual(110);
    expect(health.takeRetry('another')).toBe(true);
  });

  it('has it avoided after ten failures in a row, and asked by one call after as long as it said', () => {
    const { health, wait } = healthAt();
    for (let failure = 0; failure < 9; failure += 1) health.failed('m', 5_000);
    expect(health.isAvoided('m')).toBe(false);
    health.failed('m', 5_000);
    expect(health.isAvoided('m')).toBe(true);
    expect(health.isAvoided('another')).toBe(false);
    wait(4_999);
    expect(health.isAvoided('m')).toBe(true);
    wait(1);
    expect([health.isAvoided('m'), health.isAvoided('m')]).toEqual([false, true]);
    health.answered('m');
    expect(health.isAvoided('m')).toBe(false);
  });

  it('is not ended by an answer in between, and believes no upstream that it is away for a day', () => {
    const { health, wait } = healthAt();
    for (let failure = 0; failure < 30; failure += 1) {
      health.failed('m', undefined);
      if (failure % 9 === 8) health.answered('m');
    }
    expect(health.isAvoided('m')).toBe(false);
    for (let failure = 0; failure < 10; failure += 1) health.failed('m', 86_400_000);
    wait(30_000);
    expect(health.isAvoided('m')).toBe(false);
  });

  it('never waits for less than it was told', () => {
    const { health } = healthAt();
    expect(health.spread(0)).toBe(125);
    expect(health.spread(4_000)).toBe(5_000);
  });
});
