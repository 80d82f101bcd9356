import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileLinearPattern } from './linear-pattern.ts';

const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\-', '(?:a|bc)', '(a*b)');
const pattern = fc
  .array(fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?')), { maxLength: 5 })
  .chain((parts) =>
    fc.constantFrom(['', ''], ['^', ''], ['', '$'], ['^', '$'], ['^(?:', ')+$'], ['a|', '']).map(([before, after]) => {
      const body = parts.map(([term, quantifier]) => term + quantifier).join('');
      return `${before}${body}${after}`;
    }),
  );

it('says of every pattern and text what the engine says', () => {
  fc.assert(
    fc.property(pattern, fc.array(fc.constantFrom('a', 'b', 'c', '1', '-'), { maxLength: 10 }), (source, letters) => {
      const text = letters.join('');
      expect(compileLinearPattern(source)?.test(text), `${source} on ${text}`).toBe(new RegExp(source).test(text));
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['^[A-Z]{2}-\\d{3,}$', 'AB-1234', true],
  ['^[a-z0-9]+(?:-[a-z0-9]+)*$', 'a-slug-of-words', true],
  ['^(?<year>\\d{4})-\\d{2}$', '2024-1', false],
  ['^\\p{L}+$', 'Größe', true],
  ['^.$', '😀', true],
  ['^a\\/b\\_c$', 'a/b_c', true],
  ['', 'anything', true],
])('matches %s', (source, text, expected) => {
  expect(compileLinearPattern(source)?.test(text)).toBe(expected);
});

it('is not run away with by patterns that make the engine run for ever', () => {
  for (const source of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '^(.*a){12}$', '(a*)*b']) {
    expect(compileLinearPattern(source)?.test(`${'a'.repeat(300)}!`), source).toBe(false);
  }
});

it('leaves undecided what it cannot follow', () => {
  for (const source of ['(?=a)b', '(?<!a)b', '(a)\\1', '\\bword', '[', 'a{3000}', '(a', `(${'a{1000}'.repeat(9)})`]) {
    expect(compileLinearPattern(source), source).toBeNull();
  }
  expect(compileLinearPattern('(((){1000}){1000}){1000}a')?.test('ba')).toBe(true);
  expect(compileLinearPattern('a'.repeat(1_000))?.test('a'.repeat(10_000))).toBeNull();
});
