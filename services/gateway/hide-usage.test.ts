import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { createCompleteEvents } from './complete-events.ts';
import { hideUsage } from './hide-usage.ts';

const CHUNK = 'data: {"choices":[{"delta":{"content":"größer, \\"choices\\":[]"}}],"usage":null}\n\n';
const FILTERED = 'data: {"choices":[],"prompt_filter_results":[]}\n\n';
const USAGE = 'data: {"id":"x","choices": [ ],"usage": {"prompt_tokens":1}}\n\n';
const DONE = 'data: [DONE]\n\n';

function read(bytes: Buffer, cuts: readonly number[]): string {
  const events = hideUsage(createCompleteEvents());
  const ends = [...cuts, bytes.length].sort((left, right) => left - right);
  const pieces = ends.map((end, index) => events.push(bytes.subarray(ends[index - 1] ?? 0, end)));
  return Buffer.concat([...pieces.flatMap((piece) => piece ?? []), events.rest()]).toString('utf8');
}

describe('hideUsage', () => {
  it('takes out the chunk with the usage alone, however the bytes are cut', () => {
    const bytes = Buffer.from(FILTERED + CHUNK + CHUNK + USAGE + DONE);
    const cut = fc.nat({ max: bytes.length });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 8 }), (cuts) => {
        expect(read(bytes, cuts)).toBe(FILTERED + CHUNK + CHUNK + DONE);
      }),
      PROPERTY,
    );
  });

  it('knows lines that end with CRLF, and a last event without its blank line', () => {
    const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
    expect(read(Buffer.from(crlf(CHUNK + USAGE + DONE)), [])).toBe(crlf(CHUNK + DONE));
    expect(read(Buffer.from(`${CHUNK}${USAGE.trimEnd()}`), [])).toBe(CHUNK);
  });

  it.each(['\n', '\r\n', '\r', '\r\r\n'])(
    'gives the same bytes for every two cuts, with lines that end in %j',
    (newline) => {
      const lines = (text: string): string => text.replaceAll('\n', newline);
      const bytes = Buffer.from(lines(`${USAGE}${DONE}\n\n${USAGE}\n${DONE}`));
      for (let first = 0; first <= bytes.length; first += 1) {
        for (let second = first; second <= bytes.length; second += 1) {
          expect(read(bytes, [first, second])).toBe(lines(`${DONE}\n\n${DONE}`));
        }
      }
    },
  );

  it('hands the very bytes on when there is nothing to take out', () => {
    const bytes = Buffer.from(DONE);
    expect(hideUsage(createCompleteEvents()).push(bytes)?.equals(bytes)).toBe(true);
  });
});
