import { expect, test } from 'vitest';
import { createThrottledWarning } from './queue-log.ts';

test('a warning is written once per interval, and says how many were left out', () => {
  let now = 0;
  const written: object[] = [];
  const warn = createThrottledWarning(
    { info: () => {}, warn: (details) => written.push(details) },
    { intervalMs: 1_000, now: () => now },
  );
  for (now = 0; now <= 2_000; now += 250) warn({ at: now }, 'down');
  expect(written).toEqual([{ at: 0 }, { at: 1_000, suppressed: 3 }, { at: 2_000, suppressed: 3 }]);
});
