import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckSyntax } from '../scorers/code/check-syntax.ts';
import { loadSyntaxChecker } from './load-syntax-checker.ts';

describe('the syntax checker', () => {
  let check: CheckSyntax;
  beforeAll(async () => {
    check = await loadSyntaxChecker();
  });

  it('says where a text stops being its language', () => {
    expect(check('typescript', 'const a = 1;\nconst b = ;\n')).toEqual({
      type: 'invalid',
      fault: { line: 2, column: expect.any(Number) },
    });
    expect(check('json', '{\n  "a": 1,\n}')).toEqual({ type: 'invalid', fault: { line: 3, column: 1 } });
    expect(check('yaml', 'a: 1\nb: [1, 2\n')).toMatchObject({ type: 'invalid' });
  });

  it('reads a text that begins with a byte order mark', () => {
    expect(check('json', '\uFEFF{"a": 1}')).toEqual({ type: 'valid' });
    expect(check('python', '\uFEFFprint(1)\n')).toEqual({ type: 'valid' });
  });

  it('leaves texts alone that are too long to wait for', () => {
    expect(check('typescript', `const a = "${'x'.repeat(300_000)}";`)).toEqual({
      type: 'unknown',
      reason: 'too_large',
    });
  });

  it('gives up on a text that takes too many steps, and goes on with the next one', () => {
    const dense = '[['.repeat(60_000);
    const verdict = check('python', dense);
    expect(['invalid', 'unknown']).toContain(verdict.type);
    expect(check('python', 'x = [1, 2]\n')).toEqual({ type: 'valid' });
  });

  it('says the same twice', () => {
    const text = 'fn main() { let a = (1; }';
    expect(check('rust', text)).toEqual(check('rust', text));
    expect(check('rust', text).type).toBe('invalid');
  });
});
