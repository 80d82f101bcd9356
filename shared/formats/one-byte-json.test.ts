import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeOneByte, parseOneByte, toOneByte } from './one-byte-json.ts';

/** Text of every kind: control characters, Latin-1, wide ones, pairs of surrogates. */
const anyText = fc.string({ unit: 'binary' });
const anyJson = fc.jsonValue({ stringUnit: 'binary' });

function parsed(bytes: Buffer): unknown {
  const result = parseOneByte(bytes);
  if (result.type === 'unfit') throw new Error('expected the one-byte way to take this');
  return result.value;
}

describe('parseOneByte and encodeOneByte', () => {
  it('give the bytes of the plain way back', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        expect(encodeOneByte(parsed(bytes)).equals(Buffer.from(JSON.stringify(JSON.parse(bytes.toString()))))).toBe(
          true,
        );
      }),
    );
  });

  it('give the value of the plain way back, however its whitespace and escapes were written', () => {
    fc.assert(
      fc.property(anyJson, fc.nat(8), (value, indent) => {
        const text = JSON.stringify(value, null, indent).replaceAll('/', '\\/').replaceAll('~', '\\u007e');
        expect(JSON.parse(encodeOneByte(parsed(Buffer.from(text))).toString())).toEqual(JSON.parse(text));
      }),
    );
  });

  it('hold text that comes from elsewhere beside text of the request', () => {
    fc.assert(
      fc.property(anyText, anyText, (own, other) => {
        const request = parsed(Buffer.from(JSON.stringify([own]))) as [string];
        expect(encodeOneByte([request[0] + toOneByte(other)]).toString()).toBe(JSON.stringify([own + other]));
      }),
    );
  });

  it.each([
    ['an escape of a Latin-1 character', '"\\u00e9"'],
    ['an escape in upper case', '"\\U0020"'],
    ['an escape of half a pair', '"\\ud83d"'],
    ['an escaped backslash that looks like an escape', '"\\\\uffff"'],
    ['text that is not JSON', '{"a":'],
    ['nothing', ''],
  ])('leave %s to the plain way', (_what, text) => {
    expect(parseOneByte(Buffer.from(text))).toEqual({ type: 'unfit' });
  });

  it('leave bytes that are not UTF-8 to the plain way, which replaces them', () => {
    expect(parseOneByte(Buffer.from([0x22, 0xc3, 0x22]))).toEqual({ type: 'unfit' });
    fc.assert(
      fc.property(fc.uint8Array(), (noise) => {
        const bytes = Buffer.concat([Buffer.from('"'), noise, Buffer.from('"')]);
        const result = parseOneByte(bytes);
        if (result.type === 'parsed')
          expect(encodeOneByte(result.value).toString()).toBe(JSON.stringify(JSON.parse(bytes.toString())));
      }),
    );
  });
});
