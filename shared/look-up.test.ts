import { expect, test } from 'vitest';
import { lookUp } from './look-up.ts';

const TABLE: Readonly<Record<string, number>> = { stop: 1 };

test('a table says of a word what stands in it', () => {
  expect(lookUp(TABLE, 'stop')).toBe(1);
});

test.each(['valueOf', 'constructor', '__proto__', 'toString', 'other'])('a table says nothing of %s', (word) => {
  expect(lookUp(TABLE, word)).toBeUndefined();
});
