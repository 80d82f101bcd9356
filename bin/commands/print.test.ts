import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CommandContext } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';

function printed(print: (context: CommandContext) => void): string {
  const stdout = new PassThrough();
  print({ stdout } as unknown as CommandContext);
  return String(stdout.read() ?? '');
}

const HOSTILE = 'a\u001b[2J\u0000\u007f\u009b31m\u202eb\u{e0041}';

describe('what commands print', () => {
  it('keeps a document the same for a program and harmless for a terminal', () => {
    const text = printed((context) => printJson(context, { [HOSTILE]: [HOSTILE, '"\\é😀'] }));
    expect(text.slice(0, -1)).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(JSON.parse(text)).toEqual({ [HOSTILE]: [HOSTILE, '"\\é😀'] });
  });

  it('replaces controls and invisible characters in lines and cells, and keeps line ends of lines only', () => {
    expect(printed((context) => printLine(context, `${HOSTILE}\n2`))).toBe(
      'a\uFFFD[2J\uFFFD\uFFFD\uFFFD31m\uFFFDb\uFFFD\n2\n',
    );
    expect(printed((context) => printTable(context, ['x'], [['one\ntwo']]))).toBe('x\none\uFFFDtwo\n');
  });

  it('aligns columns, numbers to the right', () => {
    const rows = [
      ['a', 5, null],
      ['bcd', 1_000, 'z'],
    ];
    expect(printed((context) => printTable(context, ['name', 'n', 'last'], rows))).toBe(
      'name     n  last\na        5  -\nbcd   1000  z\n',
    );
  });

  it.each([
    [0, '0s'],
    [59_000, '59s'],
    [3_600_000, '1h'],
    [200_000_000, '2d'],
    [-5_000, '0s'],
  ])('tells an age of %d ms as %s', (elapsed, text) =>
    expect(age(new Date(1_000_000_000 - elapsed), 1_000_000_000)).toBe(text),
  );
});
