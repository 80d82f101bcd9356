import { expect, it } from 'vitest';
import { createRecentKeys } from './recent-keys.ts';

it('knows the keys of late, and those that are asked for again and again', () => {
  const keys = createRecentKeys(10);
  keys.add('asked for');
  keys.add('not asked for');
  for (let index = 0; index < 100; index += 1) {
    keys.add(`${index}`);
    expect(keys.has('asked for')).toBe(true);
    expect(keys.has(`${Math.max(0, index - 4)}`)).toBe(true);
  }
  expect(keys.has('not asked for')).toBe(false);
  expect(keys.has('50')).toBe(false);
});
