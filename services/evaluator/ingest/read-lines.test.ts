import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FileLine, readLines } from './read-lines.ts';

async function linesOf(chunks: readonly Buffer[], lineBytesMax = 1_000): Promise<FileLine[]> {
  const lines: FileLine[] = [];
  async function* given() {
    yield* chunks;
  }
  for await (const line of readLines(given(), { lineBytesMax })) lines.push(line);
  return lines;
}

describe('reading lines', () => {
  it('gives the same lines however the bytes are cut', async () => {
    const text = '{"a":"é€😀"}\n\n{"b":1}\r\nlast';
    const whole = [
      { number: 1, text: '{"a":"é€😀"}' },
      { number: 3, text: '{"b":1}\r' },
      { number: 4, text: 'last' },
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: Buffer.byteLength(text) })), async (cuts) => {
        const bytes = Buffer.from(text);
        const edges = [0, ...cuts.toSorted((left, right) => left - right), bytes.length];
        const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(await linesOf(chunks)).toEqual(whole);
      }),
    );
  });

  it('keeps nothing of a line that is too long, and goes on with the next', async () => {
    const lines = await linesOf([Buffer.from('short\n'), Buffer.alloc(50, 'x'), Buffer.from('\nnext\n')], 20);
    expect(lines).toEqual([
      { number: 1, text: 'short' },
      { number: 2, text: null },
      { number: 3, text: 'next' },
    ]);
  });
});
