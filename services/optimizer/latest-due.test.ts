import { describe, expect, it } from 'vitest';
import { latestDue } from './latest-due.ts';

const HOUR_MS = 3_600_000;
const at = (text: string) => Date.parse(text);

describe('the latest due instant', () => {
  it('is the last time the pattern named, in UTC', () => {
    const due = (now: string) => latestDue('0 3 * * *', at(now), 36 * HOUR_MS)?.toISOString();
    expect(due('2026-11-22T21:47:00Z')).toBe('2026-11-22T03:00:00.000Z');
    expect(due('2026-11-22T03:00:00Z')).toBe('2026-11-22T03:00:00.000Z');
    expect(due('2026-11-22T02:59:59Z')).toBe('2026-11-21T03:00:00.000Z');
    // The night on which clocks are put back has one such instant like every other.
    expect(due('2026-10-25T12:00:00Z')).toBe('2026-10-25T03:00:00.000Z');
  });

  it('is none when the last one is too long ago to be caught up', () => {
    expect(latestDue('0 3 1 * *', at('2026-11-22T12:00:00Z'), 36 * HOUR_MS)).toBeNull();
    expect(latestDue('0 3 * * *', at('2026-11-22T12:00:00Z'), 9 * HOUR_MS)).toBeNull();
  });
});
